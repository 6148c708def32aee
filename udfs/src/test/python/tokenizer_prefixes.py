"""What transformers puts in front of a text: writes udfs/src/test/resources/io/sinkstream/checkpoint/prefixes.json.

    pip install transformers==4.57.1 protobuf && python udfs/src/test/python/tokenizer_prefixes.py

Each case is a folder with tokenizer.json, config.json and what else it names, read by AutoTokenizer, which takes the fast
tokenizer. "prefix" is what stands before the text's own ids; null where transformers raises an error.
"""

import json
import tempfile
from pathlib import Path

from transformers import AutoTokenizer

OUT = Path(__file__).parents[1] / "resources/io/sinkstream/checkpoint/prefixes.json"
TEXT = "the cat"
TOKENS = ["<unk>", "<s>", "</s>", "<bos>", "<BOS_TOKEN>", "<|endoftext|>", "the", "cat"]


def special(token):
    return {"SpecialToken": {"id": token, "type_id": 0}}


def template(*front):
    names = set(front) | {"</s>"}
    single = [special(t) for t in front] + [{"Sequence": {"id": "A", "type_id": 0}}]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": single + [{"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {t: {"id": t, "ids": [TOKENS.index(t)], "tokens": [t]} for t in sorted(names)},
    }


PROCESSORS = {"none": None, "bos": template("<s>"), "two": template("<s>", "</s>")}
TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
        for i, t in enumerate(TOKENS) if t.startswith("<") and t not in ("<unk>", "<bos>")
    ],
    "normalizer": None,
    "pre_tokenizer": {"type": "WhitespaceSplit"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {t: i for i, t in enumerate(TOKENS)}, "unk_token": "<unk>"},
}
ADDED = {"__type": "AddedToken", "content": "<s>", "lstrip": False, "normalized": False, "rstrip": False,
         "single_word": False}
LLAMA = {"model_type": "llama"}


def cases():
    classes = ["LlamaTokenizerFast", "LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer", "CohereTokenizerFast",
               "GPTNeoXTokenizer", "GPTNeoXTokenizerFast", "PreTrainedTokenizerFast", "GPT2Tokenizer",
               "Qwen2Tokenizer", "CodeGenTokenizer"]
    for name in classes:
        for processor in ("none", "bos"):
            for flags in ({}, {"add_bos_token": True}, {"add_bos_token": False}, {"add_eos_token": True}):
                yield processor, {"tokenizer_class": name, "bos_token": "<s>", "eos_token": "</s>", **flags}, LLAMA, None
    llama = {"tokenizer_class": "LlamaTokenizerFast"}
    # The default names of the classes that have one.
    for name in classes[:7]:
        yield "none", {"tokenizer_class": name, "add_bos_token": True}, LLAMA, None
    yield "two", {**llama, "bos_token": "<s>"}, LLAMA, None
    yield "two", {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>"}, LLAMA, None
    yield "none", {**llama, "bos_token": ADDED, "add_bos_token": True}, LLAMA, None
    yield "bos", {**llama, "bos_token": ADDED, "add_bos_token": False}, LLAMA, None
    yield "bos", {**llama, "add_bos_token": None}, LLAMA, None
    yield "none", {**llama, "bos_token": None, "add_bos_token": True}, LLAMA, None
    yield "bos", {**llama, "bos_token": None, "add_bos_token": False}, LLAMA, None
    # In the vocabulary, but no added token of the file.
    yield "none", {**llama, "bos_token": "<bos>"}, LLAMA, None
    yield "none", {**llama, "bos_token": "the"}, LLAMA, None
    # The legacy file wins, unless added_tokens_decoder is there.
    yield "none", {**llama, "bos_token": "<s>"}, LLAMA, {"bos_token": "<bos>"}
    yield "none", {**llama, "bos_token": "<s>"}, LLAMA, {"bos_token": {"content": "<bos>", "lstrip": False,
                                                                      "normalized": False, "rstrip": False,
                                                                      "single_word": False}}
    yield "none", {**llama, "bos_token": "<s>", "added_tokens_decoder": {}}, LLAMA, {"bos_token": "<bos>"}
    yield "none", llama, LLAMA, {"eos_token": "</s>"}
    yield "none", llama, LLAMA, {"bos_token": None}
    # Without a class in tokenizer_config.json.
    for config in (LLAMA, {"model_type": "llama", "tokenizer_class": "PreTrainedTokenizerFast"},
                   {"model_type": "falcon", "tokenizer_class": "LlamaTokenizer"}):
        for flags in ({"add_bos_token": True}, {"add_bos_token": False}):
            for processor in ("none", "bos"):
                yield processor, {"bos_token": "<s>", **flags}, config, None
    for model in ("mistral", "phi3", "gpt_neox", "mpt", "stablelm", "olmo2", "falcon", "gptj", "qwen2", "qwen3"):
        for processor in ("none", "bos"):
            yield processor, {"bos_token": "<s>"}, {"model_type": model}, None
            yield processor, {"bos_token": "<s>", "add_bos_token": True}, {"model_type": model}, None


def prefix(processor, tokenizer_config, config, special_tokens_map):
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "tokenizer.json": {**TOKENIZER, "post_processor": PROCESSORS[processor]},
            "tokenizer_config.json": tokenizer_config,
            "config.json": config,
            "special_tokens_map.json": special_tokens_map,
        }
        for name, content in files.items():
            if content is not None:
                Path(folder, name).write_text(json.dumps(content))
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except ValueError:
            return None
    full = tokenizer(TEXT)["input_ids"]
    bare = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    at = next(i for i in range(len(full)) if full[i:i + len(bare)] == bare)
    return full[:at]


table = []
for processor, tokenizer_config, config, special_tokens_map in cases():
    case = {"post_processor": processor, "tokenizer_config.json": tokenizer_config, "config.json": config}
    if special_tokens_map is not None:
        case["special_tokens_map.json"] = special_tokens_map
    table.append({**case, "prefix": prefix(processor, tokenizer_config, config, special_tokens_map)})
lines = ",\n".join("    " + json.dumps(case) for case in table)
OUT.write_text('{\n  "tokenizer": %s,\n  "post_processors": %s,\n  "cases": [\n%s\n  ]\n}\n'
               % (json.dumps(TOKENIZER), json.dumps(PROCESSORS), lines))
