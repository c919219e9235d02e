# Recursion through C code: every level takes C stack.
import sys
sys.setrecursionlimit(10 ** 9)


def deep(n):
    return sorted([n], key=deep)


deep(0)
