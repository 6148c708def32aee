"""Runs the decoder's program for a GPU with PyTorch, as Java writes it and with the arguments that Java gives it.

A machine with a GPU often has PyTorch and no DJL. There this checks the program and measures it; on a machine without a GPU it
checks what can be checked without one. It needs PyTorch, 2.7.1 or later, and nothing else. Java writes the programs, weights and arguments:

    mvn -pl udfs test -Dtest=GpuProgramTest -Dgpu.folder=FOLDER

and then, there or wherever FOLDER was copied to,

    python gpu_program.py golden FOLDER [--device cuda|cpu|meta] [--dtype float32|bfloat16|int8]
    python gpu_program.py speed FOLDER/llama-2-7b [--dtype bfloat16|int8] [--times 20]

golden compares every family's numbers with those of other implementations: 1e-4 nats a token in float32, 2 percent of the mean
in fewer bits, and in float32 equal continuations. On cuda a wait for the device inside a pass is an error. On cpu the two
operators that a processor lacks are written out here, and held to the rules of CUDA's kernels: alignment, types, a log-sum-exp
filled up to 32. On meta nothing is computed, so it takes models of a usual size too: PyTorch checks every call's shapes and that none asks for
a number, and this those same rules, that all tensors are on one device, and that each operator has a kernel for CUDA.

speed runs passes over full caches with random weights and prints tokens a second, the share of a large product's rate, and the
share of the bare products of the same shapes.
"""

import argparse
import contextlib
import json
import math
import pathlib
import statistics
import sys
import time

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# Passes of each run that are checked without numbers: with chunks of 64 that is the whole stream.
UNCOMPUTED = 12


def require_readable(query, key, value, bias):
    """What CUDA's kernel demands of its arguments. It does not check all of this itself."""
    size = query.element_size()
    batch, heads, rows, width = query.shape
    keys = key.shape[2]
    assert key.shape == (batch, heads, keys, width) and value.shape == key.shape, (query.shape, key.shape, value.shape)
    for name, tensor in (("query", query), ("key", key), ("value", value), ("bias", bias)):
        if tensor is None:
            continue
        assert tensor.dtype == query.dtype, (name, tensor.dtype)
        assert tensor.stride(-1) == 1, (name, tensor.stride())
        for extent, stride in zip(tensor.shape[:-1], tensor.stride()[:-1]):
            assert extent == 1 or stride * size % 16 == 0, (name, tensor.shape, tensor.stride())
        assert tensor.storage_offset() * size % 16 == 0, (name, tensor.storage_offset())
    if bias is not None:
        assert bias.shape == (batch, heads, rows, keys), (bias.shape, query.shape, key.shape)
        # It reads 16 bytes at a time, the last ones of a row too.
        last = bias.storage_offset() + sum((n - 1) * stride for n, stride in zip(bias.shape[:-1], bias.stride()))
        whole = -(-keys * size // 16) * 16 // size
        assert last + whole <= bias.untyped_storage().nbytes() // size, (bias.shape, bias.stride())


def efficient_attention(query, key, value, bias, lse, dropout=0.0, causal=False, *, scale=None):
    """aten::_scaled_dot_product_efficient_attention as CUDA has it, by plain products."""
    assert lse and dropout == 0.0 and not causal and scale is not None
    require_readable(query, key, value, bias)
    score = query.float() @ key.float().transpose(2, 3) * scale
    if bias is not None:
        score = score + bias.float()
    batch, heads, rows, _ = query.shape
    sums = torch.full((batch, heads, -(-rows // 32) * 32), math.inf)
    sums[:, :, :rows] = torch.logsumexp(score, 3)
    out = torch.softmax(score, 3).to(query.dtype) @ value
    # The kernel writes rows before heads.
    out = out.transpose(1, 2).contiguous().transpose(1, 2)
    return out, sums, torch.zeros((), dtype=torch.int64), torch.zeros((), dtype=torch.int64)


def flash_attention(
    query,
    key,
    value,
    cum_seq_q,
    cum_seq_k,
    max_q,
    max_k,
    dropout,
    causal,
    debug,
    *,
    scale=None,
    window_size_left=None,
    window_size_right=None,
    seqused_k=None,
    alibi_slopes=None,
):
    """aten::_flash_attention_forward as CUDA has it, by plain products: rows before heads, and fewer key/value heads."""
    assert cum_seq_q is None and cum_seq_k is None and seqused_k is None and alibi_slopes is None
    assert dropout == 0.0 and not debug and scale is not None
    batch, rows, heads, width = query.shape
    keys, few = key.shape[1:3]
    assert (max_q, max_k) == (rows, keys) and heads % few == 0 and width % 8 == 0 and width <= 256
    for tensor in (query, key, value):
        assert tensor.dtype in (torch.bfloat16, torch.float16) and tensor.stride(-1) == 1
        assert all(n == 1 or stride % 8 == 0 for n, stride in zip(tensor.shape[:-1], tensor.stride()[:-1]))
        assert tensor.storage_offset() % 8 == 0
    wide = [tensor.float().repeat_interleave(heads // few, 2).transpose(1, 2) for tensor in (key, value)]
    score = query.float().transpose(1, 2) @ wide[0].transpose(2, 3) * scale
    if causal:
        assert window_size_right == 0
        ahead = torch.arange(keys) - torch.arange(rows).unsqueeze(1) - (keys - rows)
        score = score.masked_fill((ahead > 0) | (ahead < -window_size_left), -math.inf)
    out = (torch.softmax(score, 3).to(query.dtype).float() @ wide[1]).to(query.dtype).transpose(1, 2)
    nothing = torch.zeros((), dtype=torch.int64)
    return out, torch.logsumexp(score, 3), nothing, nothing, nothing


class Operators(TorchDispatchMode):
    """The operators that run, and that they run on one device: only a number without dimensions may be the host's."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function.namespace != "prim":
            self.names.add(function.name())
        if function is torch.ops.aten._scaled_dot_product_efficient_attention.default:
            require_readable(*args[:4])
        for tensor in tree_leaves((args, kwargs)):
            if isinstance(tensor, torch.Tensor):
                assert tensor.device.type == "meta" or tensor.dim() == 0, f"{function.name()} with {tensor.device}"
        return function(*args, **(kwargs or {}))


class Model:
    """A program with its weights, and the caches of its streams."""

    def __init__(self, folder, dtype, device, weights, watch=contextlib.nullcontext()):
        self.run = json.loads((folder / "run.json").read_text())
        self.spec = self.run["spec"]
        self.device = device
        self.watch = watch
        self.program = torch.jit.load(folder / f"{dtype}.pt")
        make = {
            "PLAIN": lambda w: [w],
            "TABLE": lambda w: [self.program.table(w)],
            "ADDEND": lambda w: [self.program.addend(w)],
            "PRODUCT": self.program.pack,
        }
        self.weights = []
        for slot in self.run["slots"][dtype]:
            w = torch.cat([weights(weight).to(device) for weight in slot["weights"]])
            with watch:
                self.weights += make[slot["form"]](w)
        self.positions = [torch.tensor(p, dtype=torch.float64).to(device) for p in self.run["positions"]]
        with watch:
            self.rules = [[group["rule"][name] for group in self.run["groups"]] for name in ("sinks", "window")]
            self.bands = self.program.bands(self.positions, self.rules[1])
        self.caches = {}

    def cache(self, stream, slots):
        """A stream's tensors with that many slots, grown as Java grows them."""
        tensors = self.caches.setdefault(stream, [None] * len(slots))
        for kind, (group, wanted) in enumerate(zip(self.run["groups"], slots)):
            if tensors[kind] is None:
                tensors[kind] = self.program.cells(torch.zeros(1, device=self.device), group["layers"], wanted)
            elif tensors[kind].shape[3] < wanted:
                tensors[kind] = self.program.grown(tensors[kind], wanted)
        return tensors

    def arguments(self, call):
        tensors = [t for stream, slots in zip(call["streams"], call["slots"]) for t in self.cache(stream, slots)]
        numbers = lambda name, *shape: torch.tensor(call[name], dtype=torch.int64).view(*shape).to(self.device)
        return (
            self.weights,
            self.positions,
            self.bands,
            *self.rules,
            [sinks + window for sinks, window in zip(*self.rules)],
            tensors,
            call["plan"],
            numbers("ids", 2, len(call["ids"]) // 2),
            call["early"],
            numbers("scored", 2, len(call["scored"]) // 2),
            numbers("last", len(call["last"])),
            torch.zeros(0, dtype=torch.int64, device=self.device),
            call["slabs"],
            numbers("plan", len(call["streams"]), len(self.run["groups"]), -1),
            numbers("padded", len(call["padded"])),
            numbers("valid", len(call["valid"])),
            torch.tensor(0),
            False,
        )

    def forward(self, call):
        arguments = self.arguments(call)
        if self.device == "cuda":
            torch.cuda.set_sync_debug_mode("error")
        try:
            with self.watch:
                return self.program.forward(*arguments)[0]
        finally:
            if self.device == "cuda":
                torch.cuda.set_sync_debug_mode("default")


def stored(folder):
    """The weights that Java wrote."""
    places = json.loads((folder / "weights.json").read_text())
    raw = torch.frombuffer(bytearray((folder / "weights.bin").read_bytes()), dtype=torch.float32)

    def load(weight):
        begin = places[weight["name"]]
        return raw[begin : begin + math.prod(weight["shape"])].view(weight["shape"]).clone()

    return load


def golden_case(folder, dtype, device):
    """The largest difference from the expected numbers, in nats (float32), or of the means (fewer bits)."""
    worst = 0.0
    runs = json.loads((folder / "run.json").read_text())["runs"]
    for run in runs:
        model = Model(folder, dtype, device, stored(folder.parent))
        got, wanted = [], []
        for call in run["passes"]:
            result = model.forward(call).tolist()
            got += result[: len(call["nll"])]
            wanted += call["nll"]
            best = [int(token) for token in result[len(call["nll"]) : len(call["nll"]) + len(call["next"])]]
            assert dtype != "float32" or best == call["next"], f"{folder} {run['name']}: {best}, not {call['next']}"
        if got and dtype == "float32":
            worst = max(worst, max(abs(a - b) for a, b in zip(got, wanted, strict=True)))
        elif got:
            worst = max(worst, abs(sum(got) / sum(wanted) - 1))
    return worst


def golden(folder, dtype, device):
    if device == "cpu":
        library = torch.library.Library("aten", "IMPL")
        library.impl("_scaled_dot_product_efficient_attention", efficient_attention, "CPU")
        library.impl("_flash_attention_forward", flash_attention, "CPU")
    limit = 1e-4 if dtype == "float32" else 0.02
    failed = 0
    families = sorted(path for path in folder.iterdir() if (path / "weights.json").exists())
    for family in families:
        cases = sorted(path.parent for path in family.glob("*/run.json"))
        cases = [case for case in cases if (case / f"{dtype}.pt").exists()]
        if not cases:
            print(f"{family.name:24} has heads that a GPU does not take in {dtype}")
            continue
        worst = max(golden_case(case, dtype, device) for case in cases)
        failed += not worst <= limit
        print(f"{family.name:24} {len(cases)} rules, off by {worst:.1e}{'' if worst <= limit else ': WRONG'}", flush=True)
    assert families, f"{folder} holds no family"
    return failed


def meta(folder, dtype):
    """The first of golden's calls of each kind, with tensors that have a shape and a device and no numbers."""
    operators = Operators()
    for case in sorted(path.parent for path in folder.glob(f"**/{dtype}.pt")):
        model = Model(case, dtype, "meta", lambda weight: torch.zeros(weight["shape"], device="meta"), operators)
        calls = 0
        for run in model.run["runs"]:
            model.caches = {}
            for call in run["passes"][:UNCOMPUTED]:
                result = model.forward(call)
                assert result.device.type == "meta" and result.dtype == torch.float64, result
                assert result.shape == (len(call["scored"]) // 2 + 2 * len(call["last"]),), result.shape
                calls += 1
        print(f"{str(case.relative_to(folder)):32} {calls} passes", flush=True)
    missing = [
        name for name in sorted(operators.names) if not torch._C._dispatch_has_computed_kernel_for_dispatch_key(name, "CUDA")
    ]
    print(f"{len(operators.names)} operators, without a kernel for CUDA: {', '.join(missing) or 'none'}")
    return len(missing)


def seconds(work, times):
    """The median of so many, each from an idle device to its end."""
    for _ in range(3):
        work()
    taken = []
    for _ in range(times):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def speed(folder, dtype, times):
    model = Model(folder, dtype, "cuda", lambda weight: torch.randn(weight["shape"], device="cuda") * 0.02)
    spec = model.spec
    square = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    rate = 2 * 8192**3 / seconds(lambda: square @ square, times)
    memory = torch.ones(1 << 30, device="cuda")
    bandwidth = memory.nbytes / seconds(memory.sum, times)
    del square, memory
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, {folder.name} in {dtype}")
    print(f"a product of 8192 x 8192 x 8192 in bfloat16: {rate / 1e12:.0f} TFLOP/s; reading memory: {bandwidth / 1e9:.0f} GB/s")
    print(f"{'streams x rows':16}{'ms':>9}{'tokens/s':>11}{'matmul':>8}{'memory':>8}{'products':>10}{'GiB':>7}")
    products = sum(
        math.prod(weight["shape"])
        for slot in model.run["slots"][dtype]
        for weight in slot["weights"]
        if slot["form"] == "PRODUCT"
    )
    attended = sum(g["layers"] * (g["rule"]["sinks"] + g["rule"]["window"] + 1) for g in model.run["groups"])
    attended *= spec["headSize"]
    for run in model.run["runs"]:
        model.caches = {}
        call = run["passes"][0]
        streams = len(call["streams"])
        rows = len(call["ids"]) // 2
        arguments = model.arguments(call)
        for cache in arguments[6]:
            cache.normal_()
        taken = seconds(lambda: model.program.forward(*arguments)[0].cpu(), times)
        flops = 2 * rows * (products + 2 * attended * spec["heads"])
        read = products * (1 if dtype == "int8" else 2) + 2 * streams * attended * spec["keyValueHeads"] * 2
        keys = model.run["groups"][0]["rule"]["sinks"] + model.run["groups"][0]["rule"]["window"] + 1
        held = model.program.memory(torch.zeros(1, device="cuda"), streams, keys)
        bare = seconds(lambda: model.program.products(model.weights, held, streams, rows // streams), times)
        del held, arguments
        print(
            f"{run['name']:16}{1e3 * taken:9.2f}{rows / taken:11.0f}{flops / taken / rate:8.1%}"
            f"{read / taken / bandwidth:8.1%}{bare / taken:10.1%}{torch.cuda.max_memory_allocated() / 2**30:7.1f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["golden", "speed"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", choices=["cuda", "cpu", "meta"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16", "int8"])
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    # As Java sets it: else each new shape is compiled.
    torch._C._set_graph_executor_optimize(False)
    with torch.no_grad():
        if given.what == "speed":
            speed(given.folder, given.dtype or "bfloat16", given.times)
            return 0
        dtype = given.dtype or "float32"
        failed = meta(given.folder, dtype) if given.device == "meta" else golden(given.folder, dtype, given.device)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
