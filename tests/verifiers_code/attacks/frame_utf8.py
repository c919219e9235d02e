import os

body = b'{"v": "\xff\xfe\xc0\x80"}'
os.write(3, len(body).to_bytes(4, "little") + body)
os._exit(0)
