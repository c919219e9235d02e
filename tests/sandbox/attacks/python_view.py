# Not an attack: the warm interpreter looks like `python3 SCRIPT ARGS…`.
import os
import sys

print(__name__, sys.argv[1:], os.path.basename(sys.argv[0]), sys.path[0], os.getcwd(), os.path.basename(__file__))
print(hash("a") == hash("a"), sys.flags.hash_randomization, sorted({"a", "b", "c"}) == list("abc"))
print(sys.stdin.read().strip())
print("no newline at the end", end="")
