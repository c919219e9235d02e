import os

while True:
    os.write(3, b"a" * (1 << 20))
