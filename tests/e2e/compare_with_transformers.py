"""Compares sampled log-probs with transformers on the same checkpoint.

    python compare_with_transformers.py CHECKPOINT GENERATED.json [GENERATED.json …]

CHECKPOINT is a GGUF file or a Hugging Face folder; GENERATED.json is what `laconic generate CHECKPOINT
PROMPT --temperature 0 --json` printed. The reference is transformers in float32 on weights rounded to
bf16; beside it stands transformers in bf16. Fails unless
  * the mean error of laconic's log-probs against the reference is at most that of transformers in bf16;
  * every sampled token is the reference's likeliest, or within twice the larger of the two errors of it.
Needs torch and transformers (for GGUF also gguf and accelerate).
"""

import json
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM


def load(path):
    if not path.endswith(".gguf"):
        return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    folder, _, file = path.rpartition("/")
    loaded = AutoModelForCausalLM.from_pretrained(folder or ".", gguf_file=file, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(loaded.state_dict(), strict=True)
    plain.tie_weights()
    return plain


def logprobs(model, tokens):
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0].float()
    return torch.log_softmax(logits, -1)


def main():
    checkpoint, files = sys.argv[1], sys.argv[2:]
    model = load(checkpoint).to(torch.bfloat16).float().eval()
    samples = []
    for file in files:
        with open(file, encoding="utf-8") as f:
            generated = json.load(f)
        for sample in generated["samples"]:
            first = len(sample["tokens"]) - len(sample["logprob"])
            samples.append((sample["tokens"], first, torch.tensor(sample["logprob"])))
    exact = [logprobs(model, tokens) for tokens, _, _ in samples]
    model = model.to(torch.bfloat16)
    rounded = [logprobs(model, tokens) for tokens, _, _ in samples]

    ours, theirs, not_best, wrong = [], [], 0, 0
    for (tokens, first, sampled), reference, bf16 in zip(samples, exact, rounded):
        rows = torch.arange(first - 1, len(tokens) - 1)
        ids = torch.tensor(tokens[first:])
        ours.append((sampled - reference[rows, ids]).abs())
        theirs.append((bf16[rows, ids] - reference[rows, ids]).abs())
    ours, theirs = torch.cat(ours), torch.cat(theirs)
    margin = 2 * max(ours.max().item(), theirs.max().item())
    for (tokens, first, _), reference in zip(samples, exact):
        rows = torch.arange(first - 1, len(tokens) - 1)
        gap = reference[rows].max(-1).values - reference[rows, torch.tensor(tokens[first:])]
        not_best += int((gap > 0).sum())
        wrong += int((gap > margin).sum())
    print(f"transformers {transformers.__version__}, {len(samples)} texts, {len(ours)} sampled tokens")
    print(f"error of log-probs, mean and largest:  laconic {ours.mean():.5f} {ours.max():.5f}   transformers in bf16 {theirs.mean():.5f} {theirs.max():.5f}")
    print(f"tokens that are not the reference's likeliest: {not_best}, of them beyond {margin:.4f}: {wrong}")
    return 0 if ours.mean() <= theirs.mean() and wrong == 0 and len(ours) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
