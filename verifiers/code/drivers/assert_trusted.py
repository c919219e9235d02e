# The trusted side of an assert-style test: runs the data set's test code against proxies of the
# answer's functions. It never sees answer code; what it gets back is rebuilt from plain data.
#
# Reads test.json: {"nonce", "entries": names to stand in for, "modules": to import, "setup", "test"}.
# Reports once, on its own descriptor: {"nonce", "status", "detail"}; status "passed" (the test
# ran to its end), "failed", "broken" (the test fails before any answer came: its own fault) or
# "unsplit" (it hands over something that is no plain data).
import builtins
import importlib

CHANNEL = 4
REPORT = 3


class Ended(BaseException):
    """The conversation was ended from outside, which knows why."""


class Unsplit(BaseException):
    """The test cannot be run against a proxy."""


class AnswerError(Exception):
    """An exception of a class that is not built in."""


# An exception that ends a loop quietly would let all(map(f, …)) pass without its remaining rounds.
_QUIET = (StopIteration, StopAsyncIteration, GeneratorExit)


def _rebuilt(kind, message):
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, _QUIET):
        try:
            return known(message)
        except Exception:  # UnicodeDecodeError and others want more arguments
            pass
    return AnswerError("%s: %s" % (kind, message))


class Conversation:
    def __init__(self):
        self.calls = 0      # answered
        self.requests = 0

    def proxy(self, name):
        def function(*arguments, **keywords):
            try:
                request = framed([self.requests + 1, name, encode(list(arguments)), encode(keywords)])
            except NotPlain as error:
                if isinstance(error, TooLarge) and self.calls:
                    raise  # grown out of the answer's own values
                raise Unsplit("%s is handed %s" % (name, error))
            self.requests += 1
            send_frame(CHANNEL, request)
            reply = receive(CHANNEL)
            if reply is None:
                raise Ended
            self.calls += 1
            if reply[1] == "value":
                return decode(reply[2])
            raise _rebuilt(reply[2], reply[3])
        function.__name__ = function.__qualname__ = name
        return function


def _run(spec, conversation):
    namespace = {"__name__": "test", "__builtins__": builtins}
    for module in spec["modules"]:
        namespace[module] = importlib.import_module(module)
    if "random" in spec["test"]:
        import random
        random.seed(0)  # the same inputs for every answer, in every run
    exec(compile(spec["setup"], "setup.py", "exec"), namespace)
    for name in spec["entries"]:
        namespace[name] = conversation.proxy(name)
    exec(compile(spec["test"], "test.py", "exec"), namespace)


def _where(error, lines):
    """The last line of the test that the error passed through."""
    number, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "test.py":
            number = trace.tb_lineno
        trace = trace.tb_next
    return lines[number - 1].strip()[:300] if 0 < number <= len(lines) else ""


def main():
    with open("test.json", "rb") as file:
        spec = json.loads(file.read())
    conversation = Conversation()
    status, detail = "passed", ""
    try:
        _run(spec, conversation)
    except Ended:
        os._exit(1)
    except Unsplit as error:
        status, detail = "unsplit", str(error)
    except BaseException as error:
        status = "failed" if conversation.calls else "broken"
        detail = _where(error, spec["test"].splitlines())
        if not isinstance(error, AssertionError) or not detail:
            detail += " [%s: %s]" % (type(error).__name__, str(error)[:300])
    send(REPORT, {"nonce": spec["nonce"], "status": status, "detail": detail.encode("utf-8", "replace").decode("utf-8")})
    os._exit(0)


main()
