# A thread that answers in the driver's place.
import os, threading, time
def babble():
    for n in range(1, 100):
        body = b'[%d,"value","never the right value"]' % n
        try:
            os.write(4, len(body).to_bytes(4, "little") + body)
        except OSError:
            return
        time.sleep(0.001)
threading.Thread(target=babble, daemon=True).start()
def @ENTRY@(*args, **kwargs):
    time.sleep(0.005)
    return "never the right value"
