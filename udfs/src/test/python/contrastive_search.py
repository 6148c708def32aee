"""What transformers' contrastive search writes, for ContrastiveSearchTest.

    pip install torch==2.7.1 transformers==4.55.4
    python contrastive_search.py GOLDEN > ../resources/io/sinkstream/sampling/contrastive.json

GOLDEN is the folder of the shared families' checkpoints. 4.55 is the last version that has contrastive search in itself; later ones
download the same code (transformers-community/contrastive-search). Each case is a family, the fields of a GenerationConfig, a prompt
and the tokens that follow it, in fp32. gap is by how much the winner's score was above the second one's at the closest step:
implementations may differ where that is near their rounding.
"""

import json
import pathlib
import sys

import torch
import transformers.generation.utils as utils
from transformers import AutoModelForCausalLM

CONFIGS = [
    {"penalty_alpha": 0.6, "top_k": 4},
    {"penalty_alpha": 0.3, "top_k": 6, "repetition_penalty": 1.3},
]
PROMPT = 12
NEW_TOKENS = 24

gaps = []
rank = utils._ranking_fast


def ranked(context, following, probabilities, mask, alpha, width):
    near = torch.nn.functional.normalize(context, dim=2) @ torch.nn.functional.normalize(following, dim=2).transpose(1, 2)
    scores = (1 - alpha) * probabilities.view(-1) - alpha * near.squeeze(-1).max(dim=-1).values
    best = torch.sort(scores, descending=True).values
    gaps.append(float(best[0] - best[1]))
    return rank(context, following, probabilities, mask, alpha, width)


utils._ranking_fast = ranked
cases = []
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32)
    ids = json.loads((folder / "golden.json").read_text())["ids"]
    for i, config in enumerate(CONFIGS):
        prompt = ids[i * PROMPT : (i + 1) * PROMPT]
        gaps.clear()
        with torch.no_grad():
            all = model.generate(
                torch.tensor([prompt]), do_sample=False, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS, use_cache=True, **config
            )[0].tolist()
        cases.append(
            {
                "family": folder.name,
                "config": config,
                "prompt": prompt,
                "tokens": all[PROMPT:],
                "gap": min(gaps),
            }
        )
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
