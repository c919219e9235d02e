# The answer's side of an assert-style test: loads the answer and calls its functions, one request at
# a time. It gets arguments and gives values; it knows nothing of the tests.
#
# Request [n, function, arguments, keywords]. Reply [n, "value", v], [n, "raised", type, message] or
# [n, "opaque", what]. Before the first: [0, "ready"], or [0, "broken", type, message].
import sys
import types

CHANNEL = 4


def _said(error):
    """Type and text of an exception, as valid UTF-8."""
    try:
        text = str(error)[:500]
    except Exception:
        text = "?"
    return [part.encode("utf-8", "replace").decode("utf-8") for part in (type(error).__name__, text)]


def _load():
    with open("answer.py", "rb") as file:
        source = file.read()
    if b"random" in source:
        import random
        random.seed(0)  # the zygote's state differs from start to start
    module = types.ModuleType("answer")
    sys.modules["answer"] = module  # dataclasses and the like look their module up
    exec(compile(source, "answer.py", "exec"), module.__dict__)
    return module.__dict__


def _reply(namespace, number, function, arguments, keywords):
    try:
        if function not in namespace:
            raise NameError("name '%s' is not defined" % function)
        value = namespace[function](*decode(arguments), **decode(keywords))
    except Exception as error:
        return framed([number, "raised"] + _said(error))
    try:
        return framed([number, "value", encode(value)])
    except NotPlain as error:
        return framed([number, "opaque", str(error)])


def main():
    try:
        namespace = _load()
    except Exception as error:
        send(CHANNEL, [0, "broken"] + _said(error))
        sys.stdout.flush()
        os._exit(0)
    send(CHANNEL, [0, "ready"])
    while True:
        request = receive(CHANNEL)
        if request is None:
            os._exit(0)  # no atexit, no waiting for threads: nothing is said after the last reply
        send_frame(CHANNEL, _reply(namespace, *request))


main()
