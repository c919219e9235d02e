"""Makes tests/golden/families/NAME: a random tiny checkpoint of every family as transformers saves it, and
expected.json in the shape that make_golden.py describes. (DeepSeek-V3 stands in models/, made by make_golden.py.)

    python tests/golden/make_families.py [NAME…]        needs torch 2.11, transformers 5.17, safetensors

`float64` and `bfloat16` are transformers' own, of the same bf16 weights. For mixtures of experts a seed is taken for which both
route every token alike and no choice is close, so that the two differ by rounding alone.
"""

import json
import math
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(__file__).parent / "families"
COMMON = dict(vocab_size=90, hidden_size=48, intermediate_size=56, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
              max_position_embeddings=128, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=1, tie_word_embeddings=False)
YARN = dict(rope_type="yarn", rope_theta=1e4, factor=8.0, beta_fast=32, beta_slow=1, original_max_position_embeddings=32)
LATENT = dict(hidden_size=48, num_attention_heads=4, num_key_value_heads=4, kv_lora_rank=24, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=12,
              n_shared_experts=2, moe_intermediate_size=20, first_k_dense_replace=1, norm_topk_prob=False)


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
    # Two configurations of DeepSeek-V2: Lite's (one q_proj, the best experts of all) and the large one's (q-LoRA, groups, scaled weights).
    # YaRN's factor on the softmax scale, 0.707 in both mscales, is in transformers' own V2 since mid-2026; check_softmax_scale insists.
    "deepseek_v2_lite": ("DeepseekV2", dict(LATENT, rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707), q_lora_rank=None, n_routed_experts=8,
                                            num_experts_per_tok=3, topk_method="greedy", n_group=1, topk_group=1, routed_scaling_factor=1.0)),
    "deepseek_v2": ("DeepseekV2", dict(LATENT, rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707), q_lora_rank=20, n_routed_experts=12,
                                       num_experts_per_tok=3, topk_method="group_limited_greedy", n_group=4, topk_group=2, routed_scaling_factor=4.0)),
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


def drop_groups(logits, groups, kept):
    """Only the groups with the best experts stay (the softmax gate orders experts as the logits do)."""
    best = logits.view(len(logits), groups, -1).max(-1).values.sort(-1, descending=True)
    mask = torch.zeros(len(logits), groups, 1).scatter(1, best.indices[:, :kept, None], 1.0).bool()
    masked = logits.view(len(logits), groups, -1).masked_fill(~mask, -math.inf).view_as(logits)
    return masked, (best.values[:, kept - 1] - best.values[:, kept]).min().item()


def check_softmax_scale(model):
    """DeepSeek-V2's factor m², which versions of transformers before mid-2026 left out: without it the truth is wrong."""
    for module in model.modules():
        if type(module).__name__ == "DeepseekV2Attention":
            p = model.config.rope_parameters
            m = 0.1 * p["mscale_all_dim"] * math.log(p["factor"]) + 1
            assert math.isclose(module.scaling, m * m / math.sqrt(module.qk_head_dim)), "this transformers is too old"


def run(model, tokens):
    """Log-probs [T, V], chosen experts [T][layers][k], the smallest margin of a choice."""
    routed, margins = [], []
    hooks = []
    top_k = getattr(model.config, "num_experts_per_tok", 0)
    for module in model.modules():
        if type(module).__name__.endswith(("TopKRouter", "TopkRouter")):
            def keep(module, inputs, outputs):
                logits = torch.nn.functional.linear(inputs[0].reshape(-1, inputs[0].shape[-1]).double(), module.weight.double())
                if getattr(module, "topk_method", "") == "group_limited_greedy":
                    logits, margin = drop_groups(logits, module.num_group, module.topk_group)
                    margins.append(margin)
                best = logits.topk(top_k + 1, -1)
                routed.append(outputs[2])
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
    check_softmax_scale(exact)
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
    for name in sys.argv[1:] or FAMILIES:
        for seed in range(3, 3000, 2):
            expected = make(name, seed)
            if expected:
                break
        else:
            sys.exit(f"{name}: no seed routes clearly")
        folder = OUT / name
        (folder / "generation_config.json").unlink(missing_ok=True)
        (folder / "expected.json").write_text(json.dumps(expected) + "\n")
        print(name, "seed", seed, sorted(p.name for p in folder.iterdir()), sum(p.stat().st_size for p in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()
