# Hard links, renames and symbolic links that lead out.
import os

through = []
for path in ("/bin/bash", "/etc/passwd", "/usr/bin/env", "/dev/null", "/proc/self/exe", "/proc/self/environ"):
    for name, call in {"link": lambda: os.link(path, "mine"), "rename": lambda: os.rename(path, "mine"),
                       "link of the link's end": lambda: os.link(path, "mine", follow_symlinks=True)}.items():
        try:
            call()
            through.append("%s %s" % (name, path))
        except OSError:
            pass
os.symlink("/etc/passwd", "way-out")
for name, call in {"write": lambda: open("way-out", "a"), "chmod": lambda: os.chmod("way-out", 0o777), "truncate": lambda: os.truncate("way-out", 0)}.items():
    try:
        call()
        through.append("%s through a symbolic link" % name)
    except OSError:
        pass
print("\n".join("THROUGH: " + t for t in through) or "held")
