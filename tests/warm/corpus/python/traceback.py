def one():
    two()


def two():
    raise ValueError('deep')


one()
