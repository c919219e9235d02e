"""Loads an export in transformers and checks that it is the same model there.

    build/laconic export RUN --out EXPORT
    build/laconic generate EXPORT PROMPT --json > GENERATED.json          (any number of them)
    python tests/e2e/export_in_transformers.py EXPORT PROMPT=GENERATED.json [PROMPT=GENERATED.json …]

Fails unless every tensor is loaded, none is left over or made up; the tokenizer and its chat template give the
ids that laconic fed; and the log-probs agree as tests/e2e/compare_with_transformers.py asks.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare_with_transformers  # noqa: E402


def main():
    export, generated = sys.argv[1], [word.rpartition("=") for word in sys.argv[2:]]
    model, info = AutoModelForCausalLM.from_pretrained(export, dtype=torch.float32, output_loading_info=True)
    left = {key: value for key, value in info.items() if value}
    assert not left, left
    stops = GenerationConfig.from_pretrained(export).eos_token_id
    print(f"{type(model).__name__}: {sum(p.numel() for p in model.parameters())} parameters, none missing or left over; end tokens {stops}")
    del model
    tokenizer = AutoTokenizer.from_pretrained(export)
    for prompt, _, file in generated:
        for sample in json.loads(pathlib.Path(file).read_text())["samples"]:
            ids = sample["tokens"][:len(sample["tokens"]) - len(sample["logprob"])]
            if tokenizer.chat_template:
                theirs = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True, return_dict=False)
            else:
                theirs = tokenizer(prompt)["input_ids"]
            assert theirs == ids, (prompt, theirs, ids)
    print(f"{type(tokenizer).__name__}: {len(generated)} prompts have the same ids", "by the chat template" if tokenizer.chat_template else "")
    sys.argv = ["", export, *[file for _, _, file in generated]]
    return compare_with_transformers.main()


if __name__ == "__main__":
    sys.exit(main())
