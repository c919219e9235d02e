# What the kernel tells about the machine, and devices that are not a program's own.
import os

through = []
for path in ("/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/iomem", "/proc/sys/kernel/core_pattern", "/proc/keys",
             "/proc/timer_list", "/proc/sched_debug", "/sys/kernel/debug", "/sys/firmware", "/dev/mem", "/dev/kmsg", "/dev/kvm",
             "/dev/fuse", "/dev/vda", "/dev/sda", "/dev/net/tun", "/dev/ptmx", "/dev/tty", "/dev/console"):
    try:
        if os.path.isdir(path):
            if os.listdir(path):
                through.append(path)
        else:
            with open(path, "rb") as f:
                if f.read(64).strip(b"\0 \n0123456789abcdef-:SystemRAMr"):
                    through.append(path)
    except OSError:
        pass
print("\n".join("THROUGH: " + t for t in through) or "held")
