# Reads all of a large input and says how much there was.
import sys
print(len(sys.stdin.buffer.read()))
