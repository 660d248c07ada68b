import inspect


def documented():
    """With words."""
    return 5


print(inspect.getsource(documented), inspect.getfile(documented), inspect.getmodule(documented))
