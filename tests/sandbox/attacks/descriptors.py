import os

extra = []
for fd in range(3, 4096):
    try:
        os.fstat(fd)
        extra.append(fd)
    except OSError:
        pass
print("held" if not extra else "THROUGH: %s" % [(fd, os.readlink("/proc/self/fd/%d" % fd)) for fd in extra])
