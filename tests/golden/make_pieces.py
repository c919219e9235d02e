#!/usr/bin/env python3
"""Writes tests/golden/tokenizers/pieces.json: what pre-tokenizers and NFC of the `tokenizers` library make of texts.

    pip install tokenizers==0.23.3, then: python tests/golden/make_pieces.py

Code points newer than Unicode 14, every behaviour of Split, and marks that NFC orders, composes or leaves alone.
"""

import json
import pathlib
import random
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).parent / "tokenizers" / "pieces.json"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"""
            r"|\s*[\r\n]+|\s+(?!\S)|\s+")
NEWER = [0x897, 0xCF3, 0x1B4E, 0x1C89, 0x1C8A, 0x2427, 0x2FFC, 0xA7CB, 0xA7DC, 0x105C0, 0x10D40, 0x10D4E, 0x10D50, 0x10D6E, 0x10D70, 0x10D8E, 0x113B8,
         0x116D0, 0x11BE1, 0x11DE0, 0x11F02, 0x11F50, 0x13440, 0x13460, 0x16129, 0x16D43, 0x1CCF0, 0x1CD00, 0x1D2C0, 0x1E030, 0x1E4EB, 0x1E5FF, 0x1F6DC,
         0x1FAE9, 0x2B739, 0x2EBF0, 0x31350, 0x16FF4, 0x11B60, 0x1FA8A]
STAGES = [  # Split(pattern, behavior, invert), or Digits
    *[(pattern, behavior, invert) for pattern in (r"\p{N}+|\s", "b+") for invert in (False, True)
      for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous")],
    (QWEN, "Isolated", False), (DEEPSEEK, "Isolated", False), (r"[\p{Han}\p{Lu}]|\p{Mn}|\p{Cf}|\p{No}", "Isolated", False), ("digits",),
]


def texts():
    r = random.Random(7)
    yield from ["", "b", "bb", "ab", "ba", "abb ba1 2  33b", "bbab1\n\n2b b", "x  y9z "]
    points = [chr(p) for p in NEWER]
    for _ in range(40):
        yield "".join(r.choice([*points, "a", "Z", "1", " ", "\n", "!", "b", "語", "'s"]) for _ in range(r.randint(2, 16)))


def mark_texts():
    r = random.Random(8)
    marks = [chr(p) for p in [0x300, 0x301, 0x323, 0x334, 0x345, 0x5B0, 0x3099, 0x93C, 0xE48, 0x1161, 0x11A8, 0x897, 0x8D3, 0x9FE, 0xC3C, 0x1ABF, 0x1DF6,
                              0x10D69, 0x11930, 0x113B8, 0x113C9, 0x16129, 0x1E5EE, 0x5C8, 0x1D166]]
    bases = ["a", "E", "é", "ｶ", "か", "ᄀ", "가", "\u0928", "q", "Å", "\u212b", "\ufb4f", "\U00011935", "\U00011382", "\U0001611e", "\U00016d63", "\U0001d15e", " "]
    for _ in range(300):
        yield "".join(r.choice(bases) + "".join(r.choice(marks) for _ in range(r.choice([0, 1, 1, 2, 3, 5]))) for _ in range(r.randint(1, 4)))


def main():
    assert unicodedata.unidata_version == "14.0.0", "run with Python 3.11, the same as the other golden files"
    everything, cases = list(texts()), []
    for stage in STAGES:
        if stage[0] == "digits":
            made, spec = pre_tokenizers.Digits(individual_digits=True), {"type": "Digits", "individual_digits": True}
        else:
            pattern, behavior, invert = stage
            snake = "".join("_" + c.lower() if c.isupper() else c for c in behavior).lstrip("_")
            made = pre_tokenizers.Split(Regex(pattern), snake, invert=invert)
            spec = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}
        cases.append(dict(stage=spec, pieces=[[piece for piece, _ in made.pre_tokenize_str(text)] for text in everything]))
    marks = list(mark_texts())
    nfc = normalizers.NFC()
    OUT.write_text(json.dumps(dict(texts=everything, cases=cases, marks=marks, composed=[nfc.normalize_str(text) for text in marks]), separators=(",", ":")) + "\n")
    print(OUT, OUT.stat().st_size, "bytes;", sum(unicodedata.normalize("NFC", text) != nfc.normalize_str(text) for text in marks), "texts differ from Unicode 14's NFC")


if __name__ == "__main__":
    main()
