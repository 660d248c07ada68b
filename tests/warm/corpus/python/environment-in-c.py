# {"env": {"COLUMNS": "123"}}
import ctypes
import os

library = ctypes.CDLL(None)
library.getenv.restype = ctypes.c_char_p
print(library.getenv(b'COLUMNS'))
os.environ['LATER'] = 'x'
print(library.getenv(b'LATER'), library.getenv(b'NOTHING'))
