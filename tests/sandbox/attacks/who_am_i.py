# What the surroundings say; the test compares it with what is true of the machine.
import os
import platform
import socket
import sys


def read(path):
    try:
        with open(path) as f:
            return " ".join(f.read(4000).split())
    except OSError as e:
        return "-"


print("argv", sys.argv[1:])
print("cwd", os.getcwd())
print("host name", socket.gethostname(), platform.node(), read("/etc/hostname"), read("/proc/sys/kernel/hostname"))
print("machine-id", read("/etc/machine-id"), read("/var/lib/dbus/machine-id"))
print("boot-id", read("/proc/sys/kernel/random/boot_id"))
print("command line", read("/proc/cmdline"))
print("processes", sorted(p for p in (os.listdir("/proc") if os.path.isdir("/proc") else []) if p.isdigit()))
print("environment", sorted(os.environ))
print("mounts", read("/proc/self/mountinfo"))
print("users", read("/etc/passwd"))
