# Answers each call twice: a guess by its own frame, then another by the driver's.
import os
calls = 0
def @ENTRY@(*args, **kwargs):
    global calls
    calls += 1
    body = b'[%d,"value","never the right value"]' % calls
    os.write(4, len(body).to_bytes(4, "little") + body)
    return "never the right value"
