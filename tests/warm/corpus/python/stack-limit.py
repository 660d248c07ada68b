import sys


def f(n):
    try:
        return f(n + 1)
    except RecursionError:
        return n


sys.setrecursionlimit(200)
print(f(0))
