# The right value by its own frame in a loop of sizes: truncated, oversized, not JSON.
import os
def @ENTRY@(*args, **kwargs):
    for frame in (b"\xff\xff\xff\x7f", b"\x02\x00\x00\x00{}", b"\x05\x00\x00\x00\xff\xfe\xfd\xfc\xfb", b"\x08"):
        os.write(4, frame)
    return "never the right value"
