def @ENTRY@(*args, **kwargs):
    value = [1]
    value.append(value)
    return value
