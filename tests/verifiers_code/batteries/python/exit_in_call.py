# Ends with exit code 0 when it is called.
import os
def @ENTRY@(*args, **kwargs):
    os._exit(0)
