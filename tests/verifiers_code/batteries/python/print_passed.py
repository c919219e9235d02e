import sys
def @ENTRY@(*args, **kwargs):
    print("passed")
    print("OK", file=sys.stderr)
    print('{"status": "passed"}')
    return "never the right value"
