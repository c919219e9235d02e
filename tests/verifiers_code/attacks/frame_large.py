import os

body = b'{"v": "' + b"a" * (2 << 20) + b'"}'
data = memoryview(len(body).to_bytes(4, "little") + body)
while data:
    data = data[os.write(3, data):]
os._exit(0)
