import weakref


class Thing:
    def __del__(self):
        print('deleted')


thing = Thing()
weakref.finalize(thing, print, 'finalized')
