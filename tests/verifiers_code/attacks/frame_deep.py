import os

body = b'{"v": ' + b"[" * 10000 + b"3" + b"]" * 10000 + b"}"
os.write(3, len(body).to_bytes(4, "little") + body)
os._exit(0)
