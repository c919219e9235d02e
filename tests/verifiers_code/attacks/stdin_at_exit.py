# Right bytes at first, and more behind them at the interpreter's end.
import atexit

a, b = map(int, input().split())
print(a + b)
atexit.register(lambda: print("and more"))
