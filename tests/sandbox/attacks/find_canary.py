# A secret was planted in the environment, the files and the memory of whoever runs us. Look everywhere.
import gc
import os
import re
import stat
import sys

word = re.compile(b"laconic-" + b"canary-[0-9a-f]{8,}")
found = set()


def look(where, data):
    for m in word.findall(data):
        found.add("%s: %s" % (where, m.decode()))


look("environment", repr(dict(os.environ)).encode())
look("argv", repr(sys.argv).encode())
frame = sys._getframe()
while frame:
    look("frames", repr(frame.f_locals).encode("utf-8", "replace") + repr(frame.f_globals.keys()).encode("utf-8", "replace"))
    frame = frame.f_back
for thing in gc.get_objects():
    if isinstance(thing, (str, bytes, list, tuple, dict)):
        try:
            look("objects", repr(thing)[:100000].encode("utf-8", "replace"))
        except Exception:
            pass
for pid in ["self", "1", str(os.getppid())] + [p for p in (os.listdir("/proc") if os.path.isdir("/proc") else []) if p.isdigit()]:
    for name in ("environ", "cmdline"):
        try:
            look("/proc/%s/%s" % (pid, name), open("/proc/%s/%s" % (pid, name), "rb").read())
        except OSError:
            pass
try:
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
        for line in maps:
            parts = line.split()
            if "r" not in parts[1] or parts[-1] in ("[vvar]", "[vsyscall]") or "/usr/" in parts[-1]:
                continue
            low, high = (int(x, 16) for x in parts[0].split("-"))
            memory.seek(low)
            try:
                look("memory", memory.read(high - low))
            except OSError:
                pass
except OSError:
    pass
for fd in range(3, 256):
    try:
        os.lseek(fd, 0, 0)  # fails for pipes
        look("descriptor %d" % fd, os.read(fd, 1 << 20))
    except OSError:
        pass
for folder, folders, files in os.walk("/"):
    folders[:] = [d for d in folders if os.path.join(folder, d) not in ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin")]
    for name in files:
        try:
            if not stat.S_ISREG(os.stat(os.path.join(folder, name)).st_mode):
                continue  # a pipe would wait
            with open(os.path.join(folder, name), "rb", buffering=0) as f:
                if os.path.getsize(f.name) < 1 << 20:
                    look(f.name, f.read(1 << 20))
        except OSError:
            pass
print("\n".join("THROUGH: " + f for f in found) or "held")
