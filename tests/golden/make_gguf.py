"""Writes tests/golden/gguf/types.gguf, one tensor of every type that is read, and types.safetensors, what the
gguf library decodes them to.

    python tests/golden/make_gguf.py          needs numpy, gguf 0.19, safetensors

Quantised blocks hold random bytes; only their half-precision scales are set to finite numbers.
"""

import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parent / "gguf"
ROWS, COLUMNS = 3, 512
SCALES_AT = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q4_K: [0, 2], Type.Q6_K: [208]}  # bytes in a block


def quantised(random, kind):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS, COLUMNS // elements, size), dtype=np.uint8)
    for at in SCALES_AT[kind]:
        scales = random.normal(0, 0.05, blocks.shape[:2]).astype(np.float16)
        blocks[:, :, at : at + 2] = scales.view(np.uint8).reshape(ROWS, -1, 2)
    return blocks.reshape(ROWS, -1)


def main():
    random = np.random.default_rng(17)
    OUT.mkdir(exist_ok=True)
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


if __name__ == "__main__":
    main()
