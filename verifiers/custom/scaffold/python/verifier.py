"""The reward function of @NAME@.

Called once for each answer. Anything printed goes to the run's log.
Try it:  laconic verify run @NAME@/verifier.toml @NAME@/cases.jsonl
"""
import re


def last_answer(text):
    """What stands in the last <answer>…</answer>, or None."""
    found = re.findall(r"<answer>(.*?)</answer>", text, re.DOTALL)
    return found[-1].strip() if found else None


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    """solution_str: the response; ground_truth: the row's answer; extra_info: the row's own extra columns.

    Returns a number, or a dictionary with `score`; `acc` says whether the answer is right (left out:
    score >= 1), other numbers become metrics. An exception is a fault of this function: the answer is
    then tried again and at last left out, which is not the same as wrong.
    """
    after_thinking = solution_str.rpartition("</think>")[2]
    answer = last_answer(after_thinking)
    if answer is None:
        return {"outcome": "no_answer", "explanation": "no <answer> after the reasoning"}
    right = answer == str(ground_truth).strip()
    return {"score": 1.0 if right else 0.0, "acc": right, "extracted": answer,
            "explanation": "%s the row's %r" % ("equal to" if right else "not equal to", ground_truth)}
