# argv: a port that something on the machine listens to, then the machine's addresses.
import socket
import sys

through = []
port, hosts = int(sys.argv[1]), sys.argv[2:] + ["127.0.0.1", "::1", "192.0.2.1", "1.1.1.1", "8.8.8.8", "255.255.255.255", "2606:4700:4700::1111", "169.254.169.254"]
refused = (OSError, ValueError)
for host in hosts:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind, number in ((socket.SOCK_STREAM, 0), (socket.SOCK_DGRAM, 0), (socket.SOCK_RAW, socket.IPPROTO_ICMP), (socket.SOCK_DGRAM, socket.IPPROTO_ICMP)):
        try:
            with socket.socket(family, kind, number) as s:
                s.settimeout(0.2)
                if host == "255.255.255.255":
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                s.connect((host, port))
                if kind == socket.SOCK_STREAM:
                    through.append("tcp %s" % host)
                elif host not in ("127.0.0.1", "::1"):
                    s.send(b"laconic")
                    through.append("datagram %s" % host)
        except refused:
            pass
print("\n".join("THROUGH: " + t for t in through) or "held")
