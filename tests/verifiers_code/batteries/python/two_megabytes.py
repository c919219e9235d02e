import os
def @ENTRY@(*args, **kwargs):
    body = b'[1,"value","' + b"x" * (2 << 20) + b'"]'
    os.write(4, len(body).to_bytes(4, "little") + body)
    return "never the right value"
