def @ENTRY@(*args, **kwargs):
    return 7 << 40000000
