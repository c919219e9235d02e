# Hooks that write after the answer: all of it is output, nothing of it changes how the run ended.
import atexit
import os
import sys


class Late:
    def __del__(self):
        os.write(1, b"destructor\n")


kept = Late()
atexit.register(lambda: os.write(1, b"atexit\n"))
sys.excepthook = lambda *a: os.write(1, b"hook\n")
print("answer", flush=True)
raise ValueError("on purpose")
