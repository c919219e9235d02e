class Strange(Exception):
    def __str__(self):
        raise RuntimeError("\ud800")
Strange.__name__ = "\ud800"
def @ENTRY@(*args, **kwargs):
    raise Strange
