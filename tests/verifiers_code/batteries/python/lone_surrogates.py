def @ENTRY@(*args, **kwargs):
    return "\ud800\udfff"
