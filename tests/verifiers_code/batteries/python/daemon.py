# A child in a session of its own that keeps the channel and writes to it later.
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for _ in range(20):
            time.sleep(0.01)
            try:
                os.write(4, b'\x24\x00\x00\x00[1,"value","never the right value"] ')
            except OSError:
                break
    os._exit(0)
def @ENTRY@(*args, **kwargs):
    time.sleep(0.02)
    return "never the right value"
