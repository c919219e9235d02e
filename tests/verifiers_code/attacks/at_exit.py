# Speaks after the answer: once by atexit, once from a destructor, once from a thread.
import atexit
import os
import threading
import time

def speak():
    os.write(3, (8).to_bytes(4, "little") + b'{"v": 3}')

atexit.register(speak)

class Late:
    def __del__(self):
        speak()

late = Late()
threading.Thread(target=lambda: (time.sleep(0.02), speak()), daemon=True).start()

def add(a, b):
    return 0
