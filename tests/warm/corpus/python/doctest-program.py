"""
>>> add(1, 2)
3
>>> add(1, 2)
4
"""
import doctest


def add(a, b):
    return a + b


print(doctest.testmod())
