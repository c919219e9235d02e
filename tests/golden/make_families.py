"""Makes tests/golden/families/NAME: a random tiny checkpoint of every family as transformers saves it, and
expected.json in the shape that make_golden.py describes. (DeepSeek-V3 stands in models/, made by make_golden.py.)

    python tests/golden/make_families.py [NAME…]        needs torch 2.11, transformers 5.17, safetensors
    python tests/golden/make_families.py --verify       transformers reads each written_config.json (config_test.cc) as the same model

`float64` and `bfloat16` are transformers' own, of the same bf16 weights. For mixtures of experts a seed is taken for which both
route every token alike and no choice is close, so that the two differ by rounding alone.
"""

import json
import math
import pathlib
import sys
import tempfile

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
    # YaRN as Qwen recommends it for long contexts: no mscale keys, the factor stands in cosines and sines.
    "qwen3_yarn": ("Qwen3", dict(rope_parameters=dict(rope_type="yarn", rope_theta=1e6, factor=4.0, original_max_position_embeddings=32), head_dim=16,
                                 num_attention_heads=4, num_hidden_layers=2)),
    # Two configurations of DeepSeek-V2: Lite's (one q_proj, the best experts of all) and the large one's (q-LoRA, groups, scaled weights).
    # YaRN's factor on the softmax scale, 0.707 in both mscales, is in transformers' own V2 since mid-2026; check_softmax_scale insists.
    "deepseek_v2_lite": ("DeepseekV2", dict(LATENT, rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707), q_lora_rank=None, n_routed_experts=8,
                                            num_experts_per_tok=3, topk_method="greedy", n_group=1, topk_group=1, routed_scaling_factor=1.0)),
    "deepseek_v2": ("DeepseekV2", dict(LATENT, rope_parameters=dict(YARN, mscale=0.707, mscale_all_dim=0.707), q_lora_rank=20, n_routed_experts=12,
                                       num_experts_per_tok=3, topk_method="group_limited_greedy", n_group=4, topk_group=2, routed_scaling_factor=4.0)),
    # FP8 as published (see save_fp8), at widths that no block divides.
    "deepseek_v3_fp8": ("DeepseekV3", dict(LATENT, hidden_size=136, intermediate_size=140, num_hidden_layers=2, rope_parameters=dict(rope_type="default", rope_theta=1e4),
                                           q_lora_rank=20, n_routed_experts=6, num_experts_per_tok=2, n_group=1, topk_group=1, n_shared_experts=1,
                                           norm_topk_prob=True, routed_scaling_factor=2.5, num_mtp_layers=0)),
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
                if hasattr(module, "e_score_correction_bias"):  # one group
                    logits = logits.sigmoid() + module.e_score_correction_bias.double()
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


def spread(factors, matrix):
    """One factor for each element of the matrix."""
    return factors.repeat_interleave(128, 0)[: matrix.shape[0]].repeat_interleave(128, 1)[:, : matrix.shape[1]]


def save_fp8(folder):
    """Turns a float32 checkpoint into FP8 as DeepSeek publishes it: matrices of linear layers in e4m3 with a float32
    factor for each 128x128 block, the rest in bfloat16. Returns a folder beside it with the exact float32 values."""
    weights, exact = load_file(folder / "model.safetensors"), {}
    for key, w in list(weights.items()):
        if w.dim() != 2 or key.endswith(("embed_tokens.weight", "lm_head.weight", "mlp.gate.weight")):
            if not key.endswith("e_score_correction_bias"):
                weights[key] = w.bfloat16()
            exact[key] = weights[key].float()
            continue
        rows, columns = w.shape
        padded = torch.nn.functional.pad(w.abs(), (0, -columns % 128, 0, -rows % 128))
        factors = padded.view(padded.shape[0] // 128, 128, padded.shape[1] // 128, 128).amax((1, 3)) / 448
        weights[key] = (w / spread(factors, w)).to(torch.float8_e4m3fn)
        weights[key + "_scale_inv"] = factors
        exact[key] = weights[key].float() * spread(factors, w)
    save_file(weights, folder / "model.safetensors", metadata=dict(format="pt"))
    config = json.loads((folder / "config.json").read_text())
    truth = pathlib.Path(tempfile.mkdtemp())
    (truth / "config.json").write_text(json.dumps(config))
    save_file(exact, truth / "model.safetensors", metadata=dict(format="pt"))
    config["quantization_config"] = dict(activation_scheme="dynamic", fmt="e4m3", quant_method="fp8", weight_block_size=[128, 128])
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return truth


def make(name, seed):
    family, keys = FAMILIES[name]
    config = getattr(transformers, family + "Config")(**{**COMMON, **keys})
    config._attn_implementation = "eager"
    cls = getattr(transformers, family + "ForCausalLM")
    folder = OUT / name
    fp8 = name.endswith("_fp8")
    randomise(cls(config).eval(), seed).to(torch.float32 if fp8 else torch.bfloat16).save_pretrained(folder)
    truth = save_fp8(folder) if fp8 else folder
    exact = cls.from_pretrained(truth, dtype=torch.float64, attn_implementation="eager", experts_implementation="eager").eval()
    rounded = cls.from_pretrained(truth, dtype=torch.bfloat16, attn_implementation="eager", experts_implementation="eager").eval()
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


def verify():
    """The configuration that Laconic writes gives the golden log-probs with the same weights."""
    for folder in sorted(path.parent for path in OUT.parent.glob("*/*/written_config.json")):
        copy = pathlib.Path(tempfile.mkdtemp())
        (copy / "config.json").write_text((folder / "written_config.json").read_text())
        weights = load_file(folder / "model.safetensors")
        for key in [key for key in weights if key.endswith("_scale_inv")]:
            weights[key[:-10]] = weights[key[:-10]].float() * spread(weights[key], weights[key[:-10]])
            del weights[key]
        save_file(weights, copy / "model.safetensors", metadata=dict(format="pt"))
        model, info = transformers.AutoModelForCausalLM.from_pretrained(copy, output_loading_info=True, dtype=torch.float64, attn_implementation="eager",
                                                                        experts_implementation="eager")
        assert not any(info.values()), info
        expected = json.loads((folder / "expected.json").read_text())
        worst = 0
        for s in expected["sequences"]:
            with torch.no_grad():
                table = torch.log_softmax(model.eval()(torch.tensor([s["tokens"]])).logits[0], -1)
            for row, targets, exact in zip(table, s["targets"], s["float64"]):
                worst = max(worst, *((row[t].item() - e) for t, e in zip(targets, exact)), *((e - row[t].item()) for t, e in zip(targets, exact)))
        print(folder.name, type(model).__name__, f"log-probs agree to {worst:.1e}")
        assert worst < 2e-5, folder


def main():
    if "--verify" in sys.argv:
        return verify()
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
