#!/usr/bin/env python3
"""Writes model/tokenizer/unicode_tables.h: where the Unicode of the `tokenizers` library differs from Unicode 14.

    pip install tokenizers==0.23.3 unicodedata2==18.0.0, with Python 3.11 (whose own tables are Unicode 14), then
    python tests/golden/make_unicode_tables.py

Everything is asked of the library itself, one code point at a time: the general categories that its regular
expressions know, the numbers that its Digits stage knows, and the marks that its NFC leaves where they stand.
"""

import pathlib
import sys
import unicodedata

import unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).parents[2] / "model" / "tokenizer" / "unicode_tables.h"
POINTS = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
IDEOGRAPHS = [(0x31350, 0x323AF), (0x2EBF0, 0x2EE5D), (0x2B739, 0x2B739)]  # Lo, and of the script Han


def members(pattern):
    """The code points that a pattern of one character matches."""
    stage, kept = pre_tokenizers.Split(Regex(pattern), "removed"), set()
    for i in range(0, len(POINTS), 20000):
        for piece, _ in stage.pre_tokenize_str("".join(map(chr, POINTS[i:i + 20000]))):
            kept.update(map(ord, piece))
    return set(POINTS) - kept


def ranges(labelled):
    """{point: label} → [(first, last, label)], adjacent equal labels joined."""
    out = []
    for point, label in sorted(labelled.items()):
        if out and out[-1][1] == point - 1 and out[-1][2] == label:
            out[-1][1] = point
        else:
            out.append([point, point, label])
    return out


def newer():
    found = {}
    for category in CATEGORIES:
        for point in members(r"\p{%s}" % category):
            if unicodedata.category(chr(point)) != category:
                han = any(first <= point <= last for first, last in IDEOGRAPHS)
                found[point] = "Han" if han else category
    return found


def numeric(known):
    digits = pre_tokenizers.Digits(individual_digits=True)
    def is_digit(point):
        return len(digits.pre_tokenize_str("a" + chr(point) + "a")) == 3
    return {p: "" for p in POINTS if is_digit(p) and unicodedata.category(chr(p))[0] != "N" and known.get(p, " ")[0] != "N"}


def inert():
    """Where NFC of the library and of the newest Unicode part: by order, by itself, or by composition."""
    library, newest = normalizers.NFC().normalize_str, lambda text: unicodedata2.normalize("NFC", text)
    found = {}
    for point in POINTS:
        c = chr(point)
        around = [c] + (["q" + c + "\u0334", "q\u0345" + c] if unicodedata2.combining(c) else [])
        if any(library(text) != newest(text) for text in around):
            found[point] = ""
        parts = unicodedata2.normalize("NFD", c)
        if parts != c and newest(parts) != library(parts):
            found.update({ord(part): "" for part in c + parts if ord(part) >= 0x10000})
    return found


def rows(labelled, with_label):
    cells = ["{0x%04x, 0x%04x%s}" % (first, last, ', "%s"' % label if with_label else "") for first, last, label in ranges(labelled)]
    width = 5 if with_label else 6
    return "\n".join("    " + ", ".join(cells[i:i + width]) + "," for i in range(0, len(cells), width))


def main():
    assert unicodedata.unidata_version == "14.0.0", "run with Python 3.11"
    known = newer()
    OUT.write_text(f"""\
// Written by tests/golden/make_unicode_tables.py; not edited by hand.
//
// Published tokenizers were trained and are run with the `tokenizers` library, whose parts follow several
// versions of Unicode: its regular expressions 16, its Digits stage 17, its NFC 9. The libraries installed
// here follow others (Debian 12: PCRE2 14, utf8proc 15). These tables name the differences, so that ids
// do not depend on what is installed.
#pragma once

namespace laconic::model {{

struct PointRange {{ char32_t first, last; }};
struct CategoryRange {{ char32_t first, last; const char* category; }};

// Assigned (or changed) after Unicode 14, with the general category; "Han": Lo, of the script Han.
inline constexpr CategoryRange kNewerCategories[] = {{
{rows(known, True)}
}};

// Numeric to the Digits stage, though the table above does not say so.
inline constexpr PointRange kNewerNumbers[] = {{
{rows(numeric(known), False)}
}};

// Left alone by the library's NFC: neither reordered, decomposed nor composed, as if unassigned.
inline constexpr PointRange kOutsideNfc[] = {{
{rows(inert(), False)}
}};

}}  // namespace laconic::model
""")
    print(OUT, file=sys.stderr)


if __name__ == "__main__":
    main()
