# Becomes another program: a fresh interpreter, isolated or not, with a poisoned environment.
import os
import subprocess
import sys

print(subprocess.run([sys.executable or "/usr/bin/python3", "-c", "print('fresh')"], capture_output=True, text=True).stdout.strip(), flush=True)
os.environ["LD_PRELOAD"] = "/box/none.so"
os.execv("/bin/echo", ["echo", "another"])
