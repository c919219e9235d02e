def @ENTRY@(*args, **kwargs):
    raise KeyboardInterrupt
