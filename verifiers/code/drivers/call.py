# Calls one function of the answer and sends what it returns. Stands behind plain_values.py in one
# script; runs inside the answer's sandbox, so all that it holds may be read by the answer: the
# arguments are there, the expected value is not.
import sys
import types

RESULT_FD = 3


def _load(source, prelude):
    """The answer as a module that is not __main__: what stands under its main guard is not run."""
    module = types.ModuleType("answer")
    sys.modules["answer"] = module  # dataclasses look their module up
    exec(compile(prelude, "prelude", "exec"), module.__dict__)
    with open("/box/" + source, encoding="utf-8") as file:
        exec(compile(file.read(), source, "exec"), module.__dict__)
    return module


def _find(module, name):
    solution = getattr(module, "Solution", None)
    if isinstance(solution, type) and hasattr(solution, name):
        return getattr(solution(), name)
    function = getattr(module, name, None)
    if function is None:
        raise NotPlain("no function %s is defined" % name)
    return function


def _with_int_keys(value):
    # JSON has text keys only; data sets of this shape mean numbers where all keys are such.
    if isinstance(value, dict) and value and all(key.lstrip("-").isdecimal() for key in value):
        return {int(key): item for key, item in value.items()}
    return value


def _main(_exit=os._exit, _send=send):
    with open("/box/call.json", encoding="utf-8") as file:
        call = json.load(file)
    arguments = call["arguments"]
    if call["int_keys"]:
        arguments = [_with_int_keys(argument) for argument in arguments]
    try:
        message = {"v": encode(_find(_load(call["source"], call["prelude"]), call["entry_point"])(*arguments))}
    except NotPlain as problem:
        message = {"error": str(problem)}
    _send(RESULT_FD, message)
    # At once: what the answer left for the interpreter's end (atexit, destructors) is not run.
    _exit(0)


_main()
