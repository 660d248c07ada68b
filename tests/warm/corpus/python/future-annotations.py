from __future__ import annotations


def f(x: undefined) -> undefined:
    return x


print(f.__annotations__)
