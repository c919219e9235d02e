import os
os.write(3, (100).to_bytes(4, "little") + b'{"v": 3}')
os._exit(0)
