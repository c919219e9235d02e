# An assert-style test that cannot be split, in the answer's own process: the answer can tamper with
# it. Reads answer.py and test.json: {"nonce", "setup", "test"}; reports as assert_trusted.py does.
import sys
import types

REPORT = 3


def main():
    with open("test.json", "rb") as file:
        spec = json.loads(file.read())
    with open("answer.py", "rb") as file:
        source = file.read()
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    namespace = module.__dict__
    status, detail = "passed", ""
    try:
        exec(compile(source, "answer.py", "exec"), namespace)
        exec(compile(spec["setup"], "setup.py", "exec"), namespace)
        exec(compile(spec["test"], "test.py", "exec"), namespace)
    except Exception as error:
        status, detail = "failed", "%s: %s" % (type(error).__name__, str(error)[:300])
        detail = detail.encode("utf-8", "replace").decode("utf-8")
    send(REPORT, {"nonce": spec["nonce"], "status": status, "detail": detail})
    os._exit(0)


main()
