"""Two steps of training in PyTorch, to hold the Java ones against: python training_step.py > training-steps.json

Needs torch 2.7.1. Written with softmax and its own AdamW loop from torch.optim, and not as the program does it.
"""
import json
import math

import torch

L, HIDDEN, H, KV, D, INTERMEDIATE, V, T = 2, 12, 3, 1, 4, 20, 17, 9
STEPS, RATES, CLIP, DECAY = 2, [1e-2, 7e-3], 0.5, 0.1


def weight(index, shape, role):
    """Numbers that Java makes alike."""
    n = math.prod(shape)
    numbers = [0.3 * math.sin(0.7 * i + 1.3 * index) for i in range(n)]
    if "norm" in role:
        numbers = [1 + x / 3 for x in numbers]
    return torch.tensor(numbers, dtype=torch.float64).reshape(shape)


def roles(sink, tied):
    yield "embedding", (V, HIDDEN)
    for layer in range(L):
        p = f"layers.{layer}."
        yield p + "attention_norm", (HIDDEN,)
        yield p + "query", (H * D, HIDDEN)
        yield p + "key", (KV * D, HIDDEN)
        yield p + "value", (KV * D, HIDDEN)
        if sink == "head":
            yield p + "sinks", (H,)
        yield p + "output", (HIDDEN, H * D)
        yield p + "mlp_norm", (HIDDEN,)
        yield p + "gate", (INTERMEDIATE, HIDDEN)
        yield p + "up", (INTERMEDIATE, HIDDEN)
        yield p + "down", (HIDDEN, INTERMEDIATE)
    yield "norm", (HIDDEN,)
    if not tied:
        yield "head", (V, HIDDEN)


def rms(x, w):
    return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * w


def rotate(x):
    """[T, heads, D], positions from 0."""
    out = torch.empty_like(x)
    for t in range(x.shape[0]):
        for i in range(D // 2):
            angle = t * 10000 ** (-2 * i / D)
            a, b = x[t, :, i], x[t, :, i + D // 2]
            out[t, :, i] = a * math.cos(angle) - b * math.sin(angle)
            out[t, :, i + D // 2] = b * math.cos(angle) + a * math.sin(angle)
    return out


def nll(w, ids, sink):
    x = w["embedding"][ids[:-1]]
    n = x.shape[0]
    for layer in range(L):
        p = f"layers.{layer}."
        h = rms(x, w[p + "attention_norm"])
        q = rotate((h @ w[p + "query"].T).view(n, H, D))
        k = rotate((h @ w[p + "key"].T).view(n, KV, D))
        v = (h @ w[p + "value"].T).view(n, KV, D)
        heads = []
        for head in range(H):
            g = head // (H // KV)
            scores = q[:, head] @ k[:, g].T / math.sqrt(D)
            scores = scores.masked_fill(torch.ones(n, n).triu(1).bool(), -math.inf)
            e = scores.exp()
            extra = {"none": 0.0, "learnable": 0.0, "zero": 1.0}.get(sink)
            if sink == "head":
                extra = w[p + "sinks"][head].exp()
            heads.append(e @ v[:, g] / (e.sum(-1, keepdim=True) + extra))
        x = x + torch.cat(heads, -1) @ w[p + "output"].T
        h = rms(x, w[p + "mlp_norm"])
        x = x + (torch.nn.functional.silu(h @ w[p + "gate"].T) * (h @ w[p + "up"].T)) @ w[p + "down"].T
    logits = rms(x, w["norm"]) @ w.get("head", w["embedding"]).T
    return torch.nn.functional.cross_entropy(logits, ids[1:])


def batches(step):
    """Two micro-batches of two samples."""
    return [[[(3 * t * t + 5 * t * (s + 2 * b) + 7 * step + s) % V for t in range(T + 1)] for s in range(2)] for b in range(2)]


cases = []
for sink, tied in [("none", True), ("zero", True), ("learnable", False), ("head", False)]:
    w = {r: weight(i, s, r).requires_grad_() for i, (r, s) in enumerate(roles(sink, tied))}
    decayed = [x for x in w.values() if x.dim() > 1]
    rest = [x for x in w.values() if x.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}], betas=(0.9, 0.95), eps=1e-8
    )
    steps = []
    for step in range(STEPS):
        losses = []
        for batch in batches(step):
            loss = sum(nll(w, torch.tensor(ids), sink) for ids in batch) / 2
            (loss / 2).backward()
            losses.append(loss.item())
        norm = torch.nn.utils.clip_grad_norm_(list(w.values()), CLIP).item()
        for group in optimizer.param_groups:
            group["lr"] = RATES[step]
        optimizer.step()
        optimizer.zero_grad()
        steps.append({"losses": losses, "norm": norm})
    after = {r: [x.detach().sum().item(), x.detach().square().sum().item(), x.detach().flatten()[-1].item()] for r, x in w.items()}
    cases.append({"sink": sink, "tied": tied, "steps": steps, "weights": after})
print(json.dumps(cases, indent=1))
