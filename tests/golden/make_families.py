"""Makes tests/golden/families/NAME: a random tiny checkpoint of every family with grouped-query attention as
transformers saves it, and expected.json in the shape that make_golden.py describes.

    python tests/golden/make_families.py        needs torch 2.11, transformers 5.17, safetensors

`float64` and `bfloat16` are transformers' own, of the same bf16 weights. For mixtures of experts a seed is taken for which both
route every token alike and no choice is close, so that the two differ by rounding alone.
"""

import json
import math
import pathlib

import torch
import transformers
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(__file__).parent / "families"
COMMON = dict(vocab_size=90, hidden_size=48, intermediate_size=56, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
              max_position_embeddings=128, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=1, tie_word_embeddings=False)


def rope(theta, **more):
    return dict(rope_parameters=dict(rope_type="default", rope_theta=theta, **more))


FAMILIES = {
    "llama3_scaled": ("Llama", dict(rope_parameters=dict(rope_type="llama3", rope_theta=5e5, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                                         original_max_position_embeddings=32))),
    "smollm2": ("Llama", dict(rope(1e5), num_attention_heads=9, num_key_value_heads=3, hidden_size=72, tie_word_embeddings=True)),
    "qwen2": ("Qwen2", dict(rope(1e6), tie_word_embeddings=True, use_sliding_window=False)),
    "qwen3": ("Qwen3", dict(rope(1e6), head_dim=16, num_attention_heads=4)),
    "qwen3_moe": ("Qwen3Moe", dict(rope(1e6), head_dim=16, num_attention_heads=4, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=24,
                                   norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], num_hidden_layers=2)),
    "olmoe": ("Olmoe", dict(rope(1e4), num_experts=8, num_experts_per_tok=2, intermediate_size=24, norm_topk_prob=False, num_key_value_heads=6,
                            num_hidden_layers=2)),
}


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if key.endswith("norm.weight"):
                p.copy_(1 + 0.1 * noise)
            elif key.endswith(".bias"):
                p.copy_(0.5 * noise)
            else:
                p.copy_(noise / math.sqrt(p.shape[-1]) if "embed_tokens" not in key else noise)
    return model


def run(model, tokens):
    """Log-probs [T, V], chosen experts [T][layers][k], the smallest margin of a choice."""
    routed, margins = [], []
    hooks = []
    top_k = getattr(model.config, "num_experts_per_tok", 0)
    for module in model.modules():
        if type(module).__name__.endswith("TopKRouter"):
            def keep(module, inputs, outputs):
                logits = torch.nn.functional.linear(inputs[0].reshape(-1, inputs[0].shape[-1]), module.weight).double()
                best = logits.topk(top_k + 1, -1)
                routed.append(best.indices[:, :top_k])
                margins.append((best.values[:, top_k - 1] - best.values[:, top_k]).min().item())
            hooks.append(module.register_forward_hook(keep))
    with torch.no_grad():
        logits = model(torch.tensor([tokens])).logits[0]
    for hook in hooks:
        hook.remove()
    experts = torch.stack(routed, 1).tolist() if routed else [[] for _ in tokens]
    return torch.log_softmax(logits.double(), -1), experts, min(margins, default=math.inf)


def make(name, seed):
    family, keys = FAMILIES[name]
    config = getattr(transformers, family + "Config")(**{**COMMON, **keys})
    config._attn_implementation = "eager"
    cls = getattr(transformers, family + "ForCausalLM")
    folder = OUT / name
    randomise(cls(config).eval(), seed).to(torch.bfloat16).save_pretrained(folder)
    exact = cls.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager", experts_implementation="eager").eval()
    rounded = cls.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="eager", experts_implementation="eager").eval()
    generator = torch.Generator().manual_seed(seed + 1)
    sequences = []
    for length in (1, 5, 40):
        tokens = torch.randint(0, config.vocab_size, (length,), generator=generator).tolist()
        targets = torch.randint(0, config.vocab_size, (length, 4), generator=generator).tolist()
        truth, experts, margin = run(exact, tokens)
        half, other, _ = run(rounded, tokens)
        if [[sorted(l) for l in t] for t in experts] != [[sorted(l) for l in t] for t in other] or margin < 0.01:
            return None
        pick = lambda table: [[table[t][v].item() for v in row] for t, row in enumerate(targets)]
        entropy = (-(truth.exp() * truth).sum(-1)).tolist()
        margins = [[1.0] * len(t) for t in experts]
        sequences.append(dict(tokens=tokens, targets=targets, float64=pick(truth), bfloat16=pick(half), entropy=entropy, experts=experts, margins=margins))
    return dict(parameters=sum(p.numel() for p in exact.parameters()), sequences=sequences)


def main():
    for name in FAMILIES:
        for seed in range(3, 3000, 2):
            expected = make(name, seed)
            if expected:
                break
        folder = OUT / name
        (folder / "generation_config.json").unlink(missing_ok=True)
        (folder / "expected.json").write_text(json.dumps(expected) + "\n")
        print(name, "seed", seed, sorted(p.name for p in folder.iterdir()), sum(p.stat().st_size for p in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()
