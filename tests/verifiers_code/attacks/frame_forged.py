# A value in the right form that is not the right one, and an end before the driver can speak.
import json
import os

body = json.dumps({"v": 0}).encode()
os.write(3, len(body).to_bytes(4, "little") + body)
os._exit(0)
