# Every byte value, NUL bytes, broken UTF-8 and escape sequences.
import os
os.write(1, bytes(range(256)) + b"\xff\xfe\xc3\x28\x1b[2J\x1b]0;title\x07\0\0")
