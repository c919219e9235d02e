# A forbidden call by way of ctypes, from a thread of the interpreter.
import ctypes
import threading

libc = ctypes.CDLL(None, use_errno=True)
t = threading.Thread(target=lambda: print("THROUGH" if libc.syscall(425, 8, ctypes.create_string_buffer(256)) >= 0 else "errno %d" % ctypes.get_errno(), flush=True))
t.start()
t.join()
