import atexit


@atexit.register
def fail():
    raise ValueError('at the end')
