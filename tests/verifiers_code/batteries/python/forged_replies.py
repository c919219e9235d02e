# Fills the channel with replies before anything is asked.
import os
for n in range(1, 200):
    for text in ("true", "0", "[]", '""'):
        body = ('[%d,"value",%s]' % (n, text)).encode()
        try:
            os.write(4, len(body).to_bytes(4, "little") + body)
        except OSError:
            pass
def @ENTRY@(*args, **kwargs):
    return "never the right value"
