# A name look-up fails, and fails fast.
import socket
import time

start = time.monotonic()
try:
    found = socket.getaddrinfo("example.org", 80)
    print("THROUGH:", found)
except OSError:
    print("held")
if time.monotonic() - start > 5:
    print("THROUGH: slow")
