import os

body = b'{"v": NaN}'
os.write(3, len(body).to_bytes(4, "little") + body)
os._exit(0)
