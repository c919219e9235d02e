# Out of its group, or its limits lifted; release_agent of version 1.
import os

through = []
mounts = []
try:
    mounts = [line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup" in line]
except OSError:
    pass
tops = set(mounts) | {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified", "/box/cg"}
if mounts:
    through.append("a cgroup mount: %s" % mounts)
for top in tops:
    for name, text in (("cgroup.procs", str(os.getpid())), ("tasks", str(os.getpid())), ("release_agent", "/box/evil"), ("notify_on_release", "1"),
                       ("memory.limit_in_bytes", "-1"), ("memory.max", "max"), ("pids.max", "max"), ("cpu.max", "max"), ("cgroup.subtree_control", "+memory")):
        try:
            with open(os.path.join(top, name), "w") as f:
                f.write(text)
            through.append("%s/%s" % (top, name))
        except OSError:
            pass
    try:
        os.mkdir(os.path.join(top, "laconic-attack"))
        through.append("a group below " + top)
    except OSError:
        pass
try:
    shown = open("/proc/self/cgroup").read()
    if "laconic" in shown:
        through.append("the group's name: " + shown)
except OSError:
    pass
print("\n".join("THROUGH: " + t for t in through) or "held")
