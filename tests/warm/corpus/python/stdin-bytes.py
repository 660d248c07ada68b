# {"input": "bytes\u0000and\rmore\r\n"}
import sys

print(sys.stdin.buffer.read())
