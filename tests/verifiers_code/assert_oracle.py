"""What plain asserts say to answers that mean no harm: one list of code blocks a line in, 0 or 1 out."""
import contextlib
import io
import json
import signal
import sys


class TooLong(BaseException):
    pass


def ring(*_):
    raise TooLong


def accepted(blocks):
    namespace = {"__name__": "test"}
    with contextlib.redirect_stdout(io.StringIO()):
        for block in blocks:
            exec(compile(block, "block.py", "exec"), namespace)


signal.signal(signal.SIGALRM, ring)
real_stdout = sys.stdout
for line in sys.stdin:
    signal.setitimer(signal.ITIMER_REAL, 20)
    try:
        accepted(json.loads(line))
        verdict = "1"
    except BaseException:
        verdict = "0"
    signal.setitimer(signal.ITIMER_REAL, 0)
    real_stdout.write(verdict + "\n")
