# Ends in the ways an interpreter can: exit:N, os_exit:N, raise, string, kill.
import os
import signal
import sys

how = sys.argv[1]
print("out", flush=True)
if how.startswith("exit:"):
    sys.exit(int(how[5:]))
if how.startswith("os_exit:"):
    os._exit(int(how[8:]))
if how == "raise":
    raise RuntimeError("on purpose")
if how == "string":
    sys.exit("a message")
if how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
