# A child that outlives its parent and writes to the result later.
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(0.3)
        os.write(3, (8).to_bytes(4, "little") + b'{"v": 3}')
    os._exit(0)
os._exit(0)
