import os
import threading
import time

forever = threading.Event()
made = 0
try:
    for made in range(400):
        threading.Thread(target=forever.wait, daemon=True).start()
except RuntimeError:
    pass
time.sleep(0.05)
print("held" if made <= 20 else "THROUGH: %d threads" % made, flush=True)
os._exit(0)
