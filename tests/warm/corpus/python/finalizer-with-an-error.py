class Thing:
    def __del__(self):
        raise ValueError('in a finalizer')


Thing()
print('goes on')
