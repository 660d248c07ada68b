# {"entrypoint": "a program.py"}
import sys

print(__file__, sys.argv)
