"""Runs a reward function behind Laconic's line protocol (docs/verifiers.md).

Arguments: FILE FUNCTION KIND PASS_AT. FUNCTION may be empty, KIND may be auto.
Python 3.8 or newer, standard library only.
"""
import os
import sys

# The protocol moves to descriptors of its own before any user code runs: what that prints goes to the log.
REQUESTS = os.fdopen(os.dup(0), "rb")
REPLIES = os.dup(1)
os.dup2(2, 1)
NOTHING = os.open(os.devnull, os.O_RDONLY)
os.dup2(NOTHING, 0)
os.close(NOTHING)

import asyncio
import importlib.util
import inspect
import json
import math
import re
import threading
import traceback

CONCURRENT = 32  # requests at once for a coroutine function that takes single answers
KINDS = (("verl", {"solution_str"}), ("trl", {"completions"}), ("trl", {"completion_ids"}), ("reasoning_gym", {"answer", "entry"}))
USUAL_NAMES = ("compute_score", "score_answer", "reward")
END_TOKENS = re.compile("(?:<\\|[^|<>]{1,64}\\|>|<\uff5c[^\uff5c<>]{1,64}\uff5c>)\\s*$")


class Wrong(Exception):
    """What the function gave is not what its kind gives."""


def refuse(text):
    print("error: " + text, file=sys.stderr, flush=True)
    sys.exit(1)


# ---- the user's file -------------------------------------------------------------------------------


def load(path):
    sys.argv = [path]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        refuse("`%s` is no Python file (its name must end in .py)" % path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def parameters(function):
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def kind_of(function):
    names = set(parameters(function))
    return next((kind for kind, needed in KINDS if needed <= names), None)


def find(module, path, name, kind):
    """The function and its kind."""
    if name:
        function = module
        for part in name.split("."):
            if not hasattr(function, part):
                refuse("`%s` has no `%s`" % (path, name))
            function = getattr(function, part)
        if not callable(function):
            refuse("`%s` in `%s` is not a function" % (name, path))
    else:
        def here(value):
            return callable(value) and not inspect.isclass(value) and (
                getattr(value, "__module__", None) == module.__name__ or inspect.ismethod(value))
        found = {n: v for n, v in vars(module).items() if here(v) and kind_of(v) and kind in ("auto", kind_of(v))}
        name = next((n for n in USUAL_NAMES if n in found), None) or (next(iter(found)) if len(found) == 1 else None)
        if name is None:
            refuse("%s in `%s`; name one by verifier.python.function" % (
                "more than one reward function (%s)" % ", ".join(sorted(found)) if found else "no function with a known signature", path))
        function = found[name]
    if kind == "auto":
        kind = kind_of(function)
        if kind is None:
            refuse("`%s(%s)` is not told apart by its parameters; set verifier.python.kind to verl, trl or reasoning_gym" % (
                name, ", ".join(parameters(function))))
    return function, kind, name


# ---- values ----------------------------------------------------------------------------------------


def short(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"


def number(value, what):
    if isinstance(value, (str, bytes)) or value is None:
        raise Wrong("%s is %s, not a number" % (what, short(value)))
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise Wrong("%s is %s, not a number" % (what, short(value))) from None
    if not math.isfinite(value):
        raise Wrong("%s is %r, not a finite number" % (what, value))
    return value


def is_number(value):
    try:
        return not isinstance(value, (str, bytes)) and math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def text_of(response):
    """As the model's own decoding gives it: without the special tokens at its end."""
    while True:
        found = END_TOKENS.search(response)
        if not found:
            return response
        response = response[:found.start()]


def unpacked(value):
    """Data sets often hold an object as JSON text."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            return json.loads(value)
        except ValueError:
            pass
    return value


def verdict(score, passed):
    return {"score": score, "outcome": "pass" if passed else "fail"}


def accepted(function, given):
    """Of the given arguments those that the function takes; names what it would miss."""
    takes = parameters(function)
    if not takes:
        return given
    if not any(p.kind is p.VAR_KEYWORD for p in takes.values()):
        given = {name: value for name, value in given.items() if name in takes}
    missing = [p.name for p in takes.values()
               if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in given]
    if missing:
        raise Wrong("it needs %s, which the row does not give" % ", ".join("`%s`" % name for name in missing))
    return given


# ---- the kinds: arguments from a request, verdicts from a result -----------------------------------


class Verl:
    groups = False

    def __init__(self, function, pass_at):
        self.function, self.pass_at = function, pass_at

    def call(self, request):
        row = request["columns"]
        model = unpacked(row.get("reward_model"))
        truth = model.get("ground_truth") if isinstance(model, dict) else None
        for column in ("ground_truth", "answer", "gold", "solution"):
            if truth is None:
                truth = row.get(column)
        extra = unpacked(row.get("extra_info"))
        return self.function(**accepted(self.function, {
            "data_source": row.get("data_source", ""), "solution_str": text_of(request["response"]), "ground_truth": truth,
            "extra_info": extra if isinstance(extra, dict) else {}}))

    def read(self, result, request):
        if not isinstance(result, dict):
            if isinstance(result, (list, tuple)) and result:
                result = result[0]
            score = number(result, "its result")
            return verdict(score, score >= self.pass_at)
        if "outcome" in result and "score" not in result:
            out = {"outcome": str(result["outcome"])}
        else:
            if "score" not in result:
                raise Wrong("its result has no `score`: %s" % short(result))
            score = number(result["score"], "its `score`")
            out = verdict(score, number(result["acc"], "its `acc`") >= 1 if result.get("acc") is not None else score >= self.pass_at)
            if "outcome" in result:
                out["outcome"] = str(result["outcome"])
        extracted = result.get("extracted", result.get("pred"))
        if extracted is not None:
            out["extracted"] = str(extracted)
        if result.get("explanation") is not None:
            out["explanation"] = str(result["explanation"])
        out["metrics"] = {str(n): float(v) for n, v in result.items() if n not in ("score", "pred", "extracted", "explanation", "outcome") and is_number(v)}
        return out


class Trl:
    groups = True

    def __init__(self, function, pass_at):
        self.function, self.pass_at, self.metrics = function, pass_at, {}

    def log_metric(self, name, value):
        if is_number(value):
            self.metrics[str(name)] = float(value)

    def call(self, request):
        items, row = request["items"], request["columns"]
        prompt = row.get("prompt", request["prompt"])
        texts = [text_of(item["response"]) for item in items]
        chat = isinstance(prompt, list)
        given = {name: [value] * len(items) for name, value in row.items() if name not in ("prompt", "completion", "completion_ids")}
        given["prompts"] = [prompt] * len(items)
        given["completions"] = [[{"role": "assistant", "content": text}] for text in texts] if chat else texts
        if all("tokens" in item for item in items):
            given["completion_ids"] = [item["tokens"] for item in items]
        given["log_metric"] = self.log_metric
        given["log_extra"] = lambda column, values: None
        self.metrics = {}
        return self.function(**accepted(self.function, given))

    def read(self, result, request):
        count = len(request["items"])
        if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__len__"):
            raise Wrong("its result is %s, not a list of %d rewards" % (short(result), count))
        if len(result) != count:
            raise Wrong("it gave %d rewards for %d completions" % (len(result), count))
        verdicts = []
        for i, reward in enumerate(result):
            if reward is None:
                verdicts.append({"outcome": "skip", "explanation": "the function gave None"})
                continue
            try:
                score = number(reward, "reward %d of %d" % (i + 1, count))
            except Wrong as wrong:
                verdicts.append({"error": str(wrong)})
                continue
            verdicts.append(dict(verdict(score, score >= self.pass_at), metrics=dict(self.metrics)))
        return {"verdicts": verdicts}


class ReasoningGym:
    groups = False

    def __init__(self, function, pass_at):
        self.function, self.pass_at = function, pass_at

    def call(self, request):
        entry = dict(request["columns"])
        entry["metadata"] = unpacked(entry.get("metadata", {}))
        entry.setdefault("question", request["prompt"])
        return None if request["answer"] is None else self.function(request["answer"], entry)

    def read(self, result, request):
        if request["answer"] is None:
            return {"outcome": "no_answer", "explanation": "no marked answer after the reasoning"}
        score = number(result, "its result")
        return dict(verdict(score, score >= self.pass_at), extracted=request["answer"])


# ---- the protocol ----------------------------------------------------------------------------------


def send(message):
    line = (json.dumps(message, allow_nan=False) + "\n").encode()
    while line:
        line = line[os.write(REPLIES, line):]


def failure(request, error):
    """The reply to a request on which user code failed; the whole story goes to the log."""
    if isinstance(error, Wrong):
        why = str(error)
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != "<string>"]
        place = " (%s:%d)" % (os.path.basename(frames[-1].filename), frames[-1].lineno) if frames else ""
        why = "%s: %s%s" % (type(error).__name__, error, place)
        traceback.print_exception(type(error), error, error.__traceback__)
    return {"id": request["id"], "error": why}


def answer(adapter, request, loop):
    try:
        result = adapter.call(request)
        if inspect.isawaitable(result):
            async def finished():
                return await result
            result = loop.run_until_complete(finished())
        reply = dict(adapter.read(result, request), id=request["id"])
    except BaseException as error:  # sys.exit() in a reward function is a fault of the function too
        reply = failure(request, error)
    send(reply)


async def answer_concurrently(adapter, request):
    try:
        result = adapter.call(request)
        if inspect.isawaitable(result):
            result = await result
        reply = dict(adapter.read(result, request), id=request["id"])
    except BaseException as error:
        reply = failure(request, error)
    send(reply)


async def serve_concurrently(adapter):
    loop, lines, tasks = asyncio.get_running_loop(), asyncio.Queue(), set()

    def read():
        for line in REQUESTS:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        line = await lines.get()
        if line is None:
            return
        task = loop.create_task(answer_concurrently(adapter, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def main():
    path, name, kind, pass_at = sys.argv[1:5]
    function, kind, name = find(load(path), path, name, kind)
    adapter = {"verl": Verl, "trl": Trl, "reasoning_gym": ReasoningGym}[kind](function, float(pass_at))
    concurrent = inspect.iscoroutinefunction(function) and not adapter.groups
    send({"laconic_verifier": 1, "name": "%s in %s (%s)" % (name, os.path.basename(path), kind), "groups": adapter.groups,
          "in_flight": CONCURRENT if concurrent else 1})
    if concurrent:
        asyncio.run(serve_concurrently(adapter))
        return
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for line in REQUESTS:
        answer(adapter, json.loads(line), loop)


main()
