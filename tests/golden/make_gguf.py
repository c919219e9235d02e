"""Writes into tests/golden/gguf:

    types.gguf, types.safetensors    one tensor of every type that is read, and what the gguf library decodes it to
    quantised.gguf                   one F32 matrix and what the library's quantisers make of it
    layouts.json                     how the golden models of every family lie in a GGUF file: names by the library's own map,
                                     metadata by its own keys, shape, type and SHA-256 of every tensor with BF16 matrices

    python tests/golden/make_gguf.py          needs numpy, gguf 0.19, safetensors, torch (to read BF16)

Quantised blocks of types.gguf hold random bytes; only their half-precision scales are set to finite numbers.
"""

import hashlib
import json
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import Keys
from safetensors.numpy import save_file
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent
OUT = HERE / "gguf"
MODELS = {  # golden model → architecture
    "families/llama3_scaled": "LLAMA", "families/smollm2": "LLAMA", "families/qwen2": "QWEN2", "families/qwen3": "QWEN3",
    "families/qwen3_moe": "QWEN3MOE", "families/olmoe": "OLMOE", "families/deepseek_v2": "DEEPSEEK2",
    "families/deepseek_v2_lite": "DEEPSEEK2", "models/groups_yarn": "DEEPSEEK2",
}
ROWS, COLUMNS = 3, 512
SCALES_AT = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q4_K: [0, 2], Type.Q6_K: [208]}  # bytes in a block


def quantised(random, kind):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS, COLUMNS // elements, size), dtype=np.uint8)
    for at in SCALES_AT[kind]:
        scales = random.normal(0, 0.05, blocks.shape[:2]).astype(np.float16)
        blocks[:, :, at : at + 2] = scales.view(np.uint8).reshape(ROWS, -1, 2)
    return blocks.reshape(ROWS, -1)


def make_types(random):
    writer = gguf.GGUFWriter(OUT / "types.gguf", "llama")
    writer.add_block_count(2)
    writer.add_rope_freq_base(10000.5)
    writer.add_bool("test.flag", True)
    writer.add_uint64("test.large", 2**63 - 1)
    writer.add_int8("test.small", -7)
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "Ġa", "é"])
    writer.add_array("test.ids", [3, -1, 70000])
    writer.add_array("test.scores", [0.5, -1.25])
    expected = {}
    plain = random.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32)
    for kind in (Type.F32, Type.F16, Type.BF16):
        data = plain if kind == Type.F32 else gguf.quants.quantize(plain, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.quants.dequantize(data, kind).astype(np.float32).reshape(ROWS, COLUMNS)
    for kind in SCALES_AT:
        data = quantised(random, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        expected[kind.name] = gguf.quants.dequantize(data, kind).astype(np.float32)
    writer.add_tensor("vector", plain[0, :7].copy())
    expected["vector"] = plain[0, :7].copy()
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, OUT / "types.safetensors")


def make_quantised(random):
    plain = (random.normal(0, 1, (4, 256)) * np.exp(random.normal(0, 2, (4, 256)))).astype(np.float32)
    plain[1, :64] = 0  # whole blocks of zeros
    plain[2] *= 1e-6   # steps below the least half
    plain[3, ::3] = np.abs(plain[3, ::3])
    writer = gguf.GGUFWriter(OUT / "quantised.gguf", "llama")
    writer.add_tensor("plain", plain)
    for kind in (Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1):
        writer.add_tensor(kind.name, gguf.quants.quantize(plain, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def metadata(config, architecture):
    """What llama.cpp reads, under the names that the library gives its keys."""
    llm, attention, rope, token = Keys.LLM, Keys.Attention, Keys.Rope, Keys.Tokenizer
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    values = {
        llm.CONTEXT_LENGTH: config["max_position_embeddings"], llm.EMBEDDING_LENGTH: config["hidden_size"],
        llm.BLOCK_COUNT: config["num_hidden_layers"], llm.FEED_FORWARD_LENGTH: config["intermediate_size"],
        llm.VOCAB_SIZE: config["vocab_size"], attention.HEAD_COUNT: config["num_attention_heads"],
        attention.LAYERNORM_RMS_EPS: config["rms_norm_eps"], rope.FREQ_BASE: scaling.get("rope_theta", config.get("rope_theta")),
    }
    if "kv_lora_rank" in config:
        nope, rotated, latent = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["kv_lora_rank"]
        sigmoid = config["model_type"] == "deepseek_v3"
        values |= {
            attention.HEAD_COUNT_KV: 1, attention.KEY_LENGTH: latent + rotated, attention.VALUE_LENGTH: latent,
            attention.KEY_LENGTH_MLA: nope + rotated, attention.VALUE_LENGTH_MLA: config["v_head_dim"], attention.KV_LORA_RANK: latent,
            rope.DIMENSION_COUNT: rotated, llm.LEADING_DENSE_BLOCK_COUNT: config["first_k_dense_replace"],
            llm.EXPERT_COUNT: config["n_routed_experts"], llm.EXPERT_USED_COUNT: config["num_experts_per_tok"],
            llm.EXPERT_SHARED_COUNT: config["n_shared_experts"], llm.EXPERT_FEED_FORWARD_LENGTH: config["moe_intermediate_size"],
            llm.EXPERT_WEIGHTS_SCALE: config["routed_scaling_factor"],
            llm.EXPERT_GATING_FUNC: int(gguf.ExpertGatingFuncType.SIGMOID if sigmoid else gguf.ExpertGatingFuncType.SOFTMAX),
        }
        if sigmoid:
            values |= {llm.EXPERT_GROUP_COUNT: config["n_group"], llm.EXPERT_GROUP_USED_COUNT: config["topk_group"]}
        if config["q_lora_rank"]:
            values[attention.Q_LORA_RANK] = config["q_lora_rank"]
        if scaling.get("factor"):
            values |= {rope.SCALING_TYPE: "yarn", rope.SCALING_FACTOR: scaling["factor"],
                       rope.SCALING_ORIG_CTX_LEN: scaling["original_max_position_embeddings"],
                       rope.SCALING_YARN_LOG_MUL: 0.1 * scaling["mscale_all_dim"]}
    else:
        width = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
        values |= {attention.HEAD_COUNT_KV: config["num_key_value_heads"], attention.KEY_LENGTH: width, attention.VALUE_LENGTH: width,
                   rope.DIMENSION_COUNT: width}
        if "num_experts_per_tok" in config:
            values |= {llm.EXPERT_COUNT: config.get("num_experts") or config.get("num_local_experts"), llm.EXPERT_USED_COUNT: config["num_experts_per_tok"]}
        if "moe_intermediate_size" in config:
            values[llm.EXPERT_FEED_FORWARD_LENGTH] = config["moe_intermediate_size"]
    name = gguf.MODEL_ARCH_NAMES[architecture]
    return {"general.architecture": name, **{key.format(arch=name): value for key, value in values.items()}}


def interleaved(weights, heads):
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def tensors_of(config, architecture, weights):
    """(Hugging Face name without what the format renames, array) in GGUF's arrangement."""
    experts = {}
    for name, array in weights.items():
        if ".mlp.experts." in name:
            before, after = name.split(".mlp.experts.")
            index, rest = after.split(".", 1)
            experts.setdefault(f"{before}.mlp.experts.{rest}", {})[int(index)] = array
        elif name.endswith("kv_b_proj.weight"):
            both = array.reshape(config["num_attention_heads"], -1, config["kv_lora_rank"])
            keys, values = np.split(both, [config["qk_nope_head_dim"]], axis=1)
            yield name.replace("kv_b_proj", "k_b_proj"), keys.swapaxes(1, 2)
            yield name.replace("kv_b_proj", "v_b_proj"), values
        elif name.endswith("e_score_correction_bias"):
            yield name.replace("_bias", ".bias"), array
        elif architecture.name == "LLAMA" and name.endswith(("q_proj.weight", "k_proj.weight")):
            yield name, interleaved(array, config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
        else:
            yield name, array
    for name, parts in experts.items():
        yield name, np.stack([parts[i] for i in range(len(parts))])


def make_layouts():
    layouts = {}
    for model, name in MODELS.items():
        config = json.loads((HERE / model / "config.json").read_text())
        architecture = gguf.MODEL_ARCH[name]
        names = gguf.get_tensor_name_map(architecture, config["num_hidden_layers"])
        weights = {key: value.float().numpy() for key, value in load_file(HERE / model / "model.safetensors").items()}
        tensors = {}
        for key, array in tensors_of(config, architecture, weights):
            kept = array.ndim == 1 or key.endswith("mlp.gate.weight")
            kind = Type.F32 if kept else Type.BF16
            data = gguf.quants.quantize(np.ascontiguousarray(array), kind)
            target = names.get_name(key, try_suffixes=(".weight", ".bias"))
            assert target, key
            tensors[target] = [list(array.shape), kind.name, hashlib.sha256(data.tobytes()).hexdigest()]
        layouts[model] = {"metadata": metadata(config, architecture), "tensors": tensors}
    lines = ",\n".join(
        json.dumps(model) + ": {\n \"metadata\": " + json.dumps(layout["metadata"]) + ",\n \"tensors\": {\n  "
        + ",\n  ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in layout["tensors"].items()) + "\n }}"
        for model, layout in layouts.items())
    (OUT / "layouts.json").write_text("{\n" + lines + "\n}\n")


def main():
    OUT.mkdir(exist_ok=True)
    make_types(np.random.default_rng(17))
    make_quantised(np.random.default_rng(18))
    make_layouts()


if __name__ == "__main__":
    main()
