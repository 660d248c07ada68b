import traceback

try:
    raise KeyError('k')
except KeyError:
    print(traceback.format_exc())
traceback.print_stack()
