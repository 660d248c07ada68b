# {"env": {"MINE": "x"}}
# As above: os.environ and the C library's are the program's.
import os

assert 'HOME=/work' in open('/proc/self/environ').read().split('\0')
assert os.environ['MINE'] == 'x'
