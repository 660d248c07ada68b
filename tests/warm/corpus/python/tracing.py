import sys

calls = []
sys.settrace(lambda frame, event, arg: calls.append((frame.f_code.co_name, event)))


def traced():
    return 1


traced()
sys.settrace(None)
print(calls)
