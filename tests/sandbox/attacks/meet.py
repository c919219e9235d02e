# Two runs at the same time try to exchange a word: sockets at the same names, files at the same places. argv: `left` or `right`.
import os
import socket
import sys
import time

me = sys.argv[1]
through = []
servers = []
names = ["\0laconic-attack-meet", "/tmp/laconic-attack-meet", "/dev/shm/laconic-attack-meet", "/box/laconic-attack-meet"]


def try_(call):
    try:
        return call()
    except OSError:
        return None


def listen(family, name):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.bind(name)
    s.listen(8)
    s.setblocking(False)
    servers.append(s)


def ask(family, name):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(0.05)
        s.connect(name)
        s.sendall(me.encode())


for name in names:
    try_(lambda: listen(socket.AF_UNIX, name))
for port in (4711, 4712):
    try_(lambda: listen(socket.AF_INET, ("127.0.0.1", port)))
places = [p for p in ("/tmp", "/dev/shm", "/box", "/var/tmp", "/run", "/dev/mqueue") if try_(lambda: open(p + "/laconic-attack-" + me, "w").close() or True)]
other = "right" if me == "left" else "left"
start = time.monotonic()
while time.monotonic() - start < 0.4:
    for name in names:
        try_(lambda: ask(socket.AF_UNIX, name))
    for port in (4711, 4712):
        try_(lambda: ask(socket.AF_INET, ("127.0.0.1", port)))
    for s in servers:
        got = try_(s.accept)
        if got:
            got[0].settimeout(0.05)
            word = try_(lambda: got[0].recv(16))
            if word and word != me.encode():
                through.append("a socket brought %r" % word)
    for p in ("/tmp", "/dev/shm", "/box", "/var/tmp", "/run", "/dev/mqueue"):
        if os.path.exists(p + "/laconic-attack-" + other):
            through.append("a file in " + p)
    time.sleep(0.01)
print("\n".join(sorted({"THROUGH: " + t for t in through})) or "held")
