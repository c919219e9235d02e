# argv: the abstract and the path name of sockets that somebody on the machine listens to.
import os
import socket
import stat
import sys

through = []
names = ["\0" + sys.argv[1], sys.argv[2], "/run/dbus/system_bus_socket", "/var/run/docker.sock", "/run/systemd/journal/socket", "/dev/log", "/tmp/.X11-unix/X0",
         "\0/tmp/.X11-unix/X0", "\0/tmp/dbus-session"]
for top in ("/", "/tmp", "/run", "/var", "/dev", "/box"):
    for folder, folders, files in os.walk(top):
        folders[:] = [d for d in folders if os.path.join(folder, d) not in ("/proc", "/usr", "/sys")]
        for name in files:
            try:
                if stat.S_ISSOCK(os.lstat(os.path.join(folder, name)).st_mode):
                    names.append(os.path.join(folder, name))
            except OSError:
                pass
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        try:
            with socket.socket(socket.AF_UNIX, kind) as s:
                s.settimeout(0.2)
                s.connect(name)
                through.append(repr(name))
        except OSError:
            pass
try:
    listed = open("/proc/net/unix").read()
    if sys.argv[1] in listed:
        through.append("/proc/net/unix lists the machine's sockets")
except OSError:
    pass
print("\n".join("THROUGH: " + t for t in through) or "held")
