import os, signal
def @ENTRY@(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
