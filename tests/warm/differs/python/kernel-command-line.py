# The kernel shows what the interpreter was started with; sys.argv is the program's.
import sys

words = open('/proc/self/cmdline').read().split('\0')
assert words[0] == '/usr/bin/python3', words[0]
assert sys.argv == ['main.py']
