def @ENTRY@(*args, **kwargs):
    raise GeneratorExit
