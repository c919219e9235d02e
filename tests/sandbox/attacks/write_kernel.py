# Kernel settings by /proc and /sys.
import os

through = []


def put(path, text):
    try:
        fd = os.open(path, os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(fd, text)
        through.append(path)
    except OSError:
        pass
    os.close(fd)


for path, text in (("/proc/sys/kernel/core_pattern", b"|/box/evil"), ("/proc/sys/kernel/hostname", b"mine"), ("/proc/sys/kernel/ns_last_pid", b"5"),
                   ("/proc/sys/kernel/modprobe", b"/box/evil"), ("/proc/sys/vm/overcommit_memory", b"1"), ("/proc/sys/net/ipv4/ip_forward", b"1"),
                   ("/proc/sys/fs/file-max", b"1"), ("/proc/sysrq-trigger", b"h"), ("/proc/self/uid_map", b"0 0 1"), ("/proc/self/gid_map", b"0 0 1"),
                   ("/proc/self/setgroups", b"allow"), ("/proc/self/oom_score_adj", b"-1000"), ("/proc/self/oom_adj", b"-17"),
                   ("/proc/self/loginuid", b"0"), ("/proc/1/oom_score_adj", b"-900"), ("/proc/self/timerslack_ns", b"x"), ("/sys/power/state", b"mem"),
                   ("/sys/kernel/mm/transparent_hugepage/enabled", b"always"), ("/sys/module/kernel/parameters/panic", b"1"), ("/dev/kmsg", b"laconic-attack")):
    put(path, text)
try:
    before = int(open("/proc/self/oom_score_adj").read())
    for score in (before - 1, 0, -500):
        if score < before:
            put("/proc/self/oom_score_adj", str(score).encode())
except OSError:
    pass
for top in ("/sys", "/proc/sys", "/sys/fs/cgroup"):
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            try:
                os.close(os.open(path, os.O_WRONLY))
                through.append(path)
            except OSError:
                pass
for name, call in {"chmod": lambda: os.chmod("/proc", 0o777), "utime": lambda: os.utime("/proc", (1, 1)), "create": lambda: open("/proc/laconic-attack", "w")}.items():
    try:
        call()
        through.append("%s /proc" % name)
    except OSError:
        pass
print("\n".join("THROUGH: " + t for t in through) or "held")
