# {"args": ["one", "two"]}
import sys

print(sys.orig_argv)
