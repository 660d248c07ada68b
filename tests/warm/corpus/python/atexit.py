import atexit

atexit.register(print, 'registered first')
atexit.register(print, 'registered second')
print('main', atexit._ncallbacks())
