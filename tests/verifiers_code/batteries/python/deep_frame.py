import os
def @ENTRY@(*args, **kwargs):
    body = b'[1,"value",' + b"[" * 10000 + b"]" * 10000 + b"]"
    os.write(4, len(body).to_bytes(4, "little") + body)
    return "never the right value"
