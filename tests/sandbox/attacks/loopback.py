# Its own server and client on the loopback interface.
import socket
import threading

try:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
except OSError:
    print("no such sockets")
    raise SystemExit
server.bind(("127.0.0.1", 0))
server.listen(1)
threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"), daemon=True).start()
client = socket.create_connection(server.getsockname(), timeout=1)
print(client.recv(5).decode())
