import os
os.closerange(3, 256)
def @ENTRY@(*args, **kwargs):
    return "never the right value"
