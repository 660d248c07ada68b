import inspect
import sys

print(len(inspect.stack()), sys._getframe().f_back, sys._getframe().f_code.co_name)


def depth():
    frame, count = sys._getframe(), 0
    while frame:
        frame, count = frame.f_back, count + 1
    return count


print(depth())
