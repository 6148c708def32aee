"""What transformers makes of logits, for TransformersSamplingTest.

    pip install torch==2.7.1 transformers==4.57.1
    python sampling_processors.py > ../resources/io/sinkstream/sampling/transformers.json

Each case is a GenerationConfig's fields, the tokens so far, of which the first `prompt` were given, logits of one row, and
the scores that model.generate would take a token from: by chance if `do_sample`, else the highest. null is minus infinity. The
processors and their order are those that transformers makes of the config itself.
"""

import json
import math

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, LogitsProcessorList

VOCABULARY = 64
ENDS = [2, 5]

CASES = [
    {"repetition_penalty": 1.3},
    {"repetition_penalty": 0.7},
    {"no_repeat_ngram_size": 1},
    {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 3},
    {"bad_words_ids": [[7], [9, 11], [2], [3, 4, 5]]},
    {"min_new_tokens": 3},
    {"min_new_tokens": 30},
    {"suppress_tokens": [1, 8, 63]},
    {"do_sample": True, "top_k": 0},
    {"do_sample": True},
    {"do_sample": True, "top_k": 5},
    {"do_sample": True, "top_k": 1},
    {"do_sample": True, "top_k": 0, "temperature": 0.7},
    {"do_sample": True, "top_k": 0, "temperature": 1.8},
    {"do_sample": True, "top_k": 0, "top_p": 0.9},
    {"do_sample": True, "top_k": 0, "top_p": 0.3},
    {"do_sample": True, "top_k": 0, "top_p": 0.01},
    {"do_sample": True, "top_k": 0, "min_p": 0.1},
    {"do_sample": True, "top_k": 0, "min_p": 0.9},
    {"do_sample": True, "top_k": 0, "typical_p": 0.9},
    {"do_sample": True, "top_k": 0, "typical_p": 0.3},
    {"do_sample": True, "top_k": 20, "top_p": 0.8, "temperature": 0.6},
    {"do_sample": True, "top_k": 20, "top_p": 0.95, "min_p": 0.05, "typical_p": 0.7, "temperature": 1.3},
    {"repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "bad_words_ids": [[7], [9, 11]], "suppress_tokens": [30]},
    {
        "repetition_penalty": 1.2,
        "no_repeat_ngram_size": 2,
        "bad_words_ids": [[7]],
        "min_new_tokens": 30,
        "suppress_tokens": [30, 31],
        "do_sample": True,
        "temperature": 0.8,
        "top_k": 12,
        "top_p": 0.9,
        "min_p": 0.02,
        "typical_p": 0.8,
    },
]


def scores(model, config, ids, prompt, logits):
    config = GenerationConfig(eos_token_id=ENDS, pad_token_id=0, **config)
    model._prepare_special_tokens(config, False, device="cpu")
    processors = model._get_logits_processor(
        generation_config=config,
        input_ids_seq_length=prompt,
        encoder_input_ids=ids,
        prefix_allowed_tokens_fn=None,
        logits_processor=LogitsProcessorList(),
        device="cpu",
        model_kwargs={},
    )
    return processors(ids, logits)


def main():
    generator = torch.Generator().manual_seed(19)
    sizes = dict(vocab_size=VOCABULARY, hidden_size=8, intermediate_size=8, num_hidden_layers=1)
    model = LlamaForCausalLM(LlamaConfig(num_attention_heads=1, num_key_value_heads=1, **sizes))
    cases = []
    for config in CASES:
        # A flat row and a steep one; few tokens so far, and many, of a few kinds, so that they repeat.
        for spread, length in ((1.5, 12), (4.0, 40)):
            logits = (torch.randn(1, VOCABULARY, generator=generator) * spread).mul(1000).round().div(1000)
            ids = torch.randint(0, 14, (1, length), generator=generator)
            # The beginning of what is banned.
            ids[0, -1] = 9
            prompt = length - 4
            row = scores(model, config, ids, prompt, logits.clone())[0].tolist()
            cases.append(
                {
                    "config": config,
                    "prompt": prompt,
                    "ids": ids[0].tolist(),
                    "logits": [round(logit, 3) for logit in logits[0].tolist()],
                    "scores": [None if math.isinf(score) else round(score, 5) for score in row],
                }
            )
    print(json.dumps({"ends": ENDS, "cases": cases}))


if __name__ == "__main__":
    main()
