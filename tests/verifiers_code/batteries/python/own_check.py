# Defines the test's own names.
def check(candidate):
    pass
class METADATA:
    pass
candidate = None
__debug = False
def @ENTRY@(*args, **kwargs):
    return "never the right value"
