"""grade_with_math_verify.py CASES.jsonl [PASSES]: the rows that bench_math grades, through Math-Verify (pip install
math-verify==0.9.0), printed in the same form: right, false positives, gradings a second."""
import json
import statistics
import sys
import time

from math_verify import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig, parse, verify


def cases(path):
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        if row.get("kind") != "verify" or "policy" in row:
            continue
        gold, response = row["gold"], row["pred"]
        if row["group"].startswith("mcq") and len(response) == 1:
            gold, response = response, gold
        yield row["id"], gold, response, row["expected"], row["group"].startswith("mcq"), row.get("bare_latex", False)


def grade(gold, response, letters, bare):
    formulas = [LatexExtractionConfig(), ExprExtractionConfig()]
    targets = [StringExtractionConfig()] if letters else formulas
    if bare and "$" not in gold:
        gold = "$" + gold + "$"
    if bare and "$" not in response and "\\boxed" not in response:
        response = "$" + response + "$"
    return verify(parse(gold, targets), parse(response, targets))


def main():
    passes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    rows = list(cases(sys.argv[1]))
    right = false_positives = 0
    seconds = []
    for turn in range(passes):
        for name, gold, response, expected, letters, bare in rows:
            start = time.perf_counter()
            try:
                passed = bool(grade(gold, response, letters, bare))
            except Exception:
                passed = False
            seconds.append(time.perf_counter() - start)
            if turn:
                continue
            right += passed == expected
            false_positives += passed and not expected
            if passed != expected:
                print(f"{name}  expected {'pass' if expected else 'fail'}\n    gold {gold}\n    pred {response}")
    median = statistics.median(seconds)
    print(json.dumps({"cases": len(rows), "right": right, "false_positives": false_positives, "per_second_total": len(seconds) / sum(seconds), "per_second_median": 1 / median, "median_us": median * 1e6}))


if __name__ == "__main__":
    main()
