# Reads what /proc says of others.
import os

through = []
me = os.getpid()
pids = [p for p in os.listdir("/proc") if p.isdigit()] if os.path.isdir("/proc") else []
if len(pids) > 3:
    through.append("%d processes" % len(pids))
for pid in set(pids) | {"1", "2", str(os.getppid())}:
    for what in ("environ", "cmdline", "maps", "mem", "root/etc/shadow", "cwd", "fd"):
        path = "/proc/%s/%s" % (pid, what)
        try:
            if what == "fd" or what == "cwd":
                text = repr(os.listdir(path))
            else:
                with open(path, "rb") as f:
                    text = repr(f.read(1 << 16))
        except OSError:
            continue
        for word in ("laconic-canary", "laconic-sandbox", "LACONIC_", "SUDO", "SSH_", "attacks_test"):
            if word in text and int(pid) != me:
                through.append("%s shows %s" % (path, word))
print("\n".join("THROUGH: " + t for t in through) or "held")
