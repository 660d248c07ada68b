import os

print(repr(open(f'/proc/self/task/{os.getpid()}/children').read()))
try:
    os.wait()
except ChildProcessError as error:
    print(error)
