# First run: whatever could change the next run of the same warm interpreter. Second run (argv `look`): did it?
import builtins
import os
import sys

places = ["/box", "/tmp", "/dev/shm", "/usr/lib/python3/dist-packages", os.path.expanduser("~"), "/usr/local/lib"]
if len(sys.argv) > 1 and sys.argv[1] == "look":
    through = []
    if hasattr(builtins, "laconic_attack") or "laconic_attack" in sys.modules or len is not builtins.len or len([1]) != 1:
        through.append("changed builtins")
    if os.environ.get("LACONIC_ATTACK"):
        through.append("changed environment")
    import json
    if "/box" in json.__file__ or hasattr(json, "laconic_attack"):
        through.append("a foreign json")
    for place in places:
        for name in ("sitecustomize.py", "usercustomize.py", "laconic_attack.pth", "json.py", "conftest.py"):
            if os.path.exists(os.path.join(place, name)) and "laconic" in open(os.path.join(place, name)).read():
                through.append(os.path.join(place, name))
    if sys.getrecursionlimit() == 77777 or os.getcwd() != "/box":
        through.append("changed interpreter state")
    print("\n".join("THROUGH: " + t for t in through) or "held")
else:
    import ctypes
    import gc
    import json
    builtins.laconic_attack = 1
    sys.modules["laconic_attack"] = sys
    builtins.len = lambda x: 99
    json.laconic_attack = 1
    json.loads = lambda *a: {"score": 1}
    os.environ["LACONIC_ATTACK"] = "1"
    sys.setrecursionlimit(77777)
    for place in places:
        for name in ("sitecustomize.py", "usercustomize.py", "laconic_attack.pth", "json.py", "conftest.py"):
            try:
                with open(os.path.join(place, name), "w") as f:
                    f.write("# laconic\nimport builtins; builtins.laconic_attack = 1\n")
            except OSError:
                pass
    # Small integers and interned objects are shared memory of the interpreter.
    ctypes.memset(id(256) + 24, 1, 1)
    print("done")
