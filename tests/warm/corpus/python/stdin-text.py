# {"input": "one\ntwo\nthree without an end"}
import sys

for line in sys.stdin:
    print(repr(line))
