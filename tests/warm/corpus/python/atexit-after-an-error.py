import atexit

atexit.register(print, 'at the end')
raise ValueError('before it')
