# Changes files that are not its own, by every call that changes one.
import os

through = []
targets = ["/usr/bin/env", "/bin/bash", "/etc/passwd", "/etc/hosts", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/os-release",
           "/usr/include/stdio.h", "/usr/share", "/etc", "/usr", "/bin", "/lib", "/lib64", "/", "/dev", "/sys", "/sys/fs/cgroup", "/opt",
           "/var", "/run", "/home", "/root", "/mnt", "/tmp/..", "/box/.."]
for path in targets:
    if not os.path.lexists(path):
        continue
    inside = os.path.join(path, "laconic-attack")
    attempts = {
        "chmod": lambda: os.chmod(path, 0o777),
        "chown": lambda: os.chown(path, os.getuid(), os.getgid()),
        "utime": lambda: os.utime(path, (1, 1)),
        "rename": lambda: os.rename(path, path + ".laconic-attack"),
        "setxattr": lambda: os.setxattr(path, "user.laconic", b"1"),
        "truncate": lambda: os.truncate(path, 0),
        "open for writing": lambda: os.close(os.open(path, os.O_RDWR)),
        "append": lambda: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)),
        "unlink": lambda: os.unlink(path),
        "mkdir in": lambda: os.mkdir(inside + "-dir"),
        "create in": lambda: os.close(os.open(inside, os.O_CREAT | os.O_WRONLY)),
        "symlink in": lambda: os.symlink("/", inside + "-link"),
        "mknod in": lambda: os.mknod(inside + "-node"),
        "temporary in": lambda: os.close(os.open(path, os.O_TMPFILE | os.O_RDWR)),
        "mount point": lambda: os.rmdir(path),
    }
    for name, call in attempts.items():
        try:
            call()
        except OSError:
            continue
        through.append("%s %s" % (name, path))
print("\n".join("THROUGH: " + t for t in through) or "held")
