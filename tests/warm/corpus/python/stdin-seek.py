# {"input": "0123456789"}
import sys

print(sys.stdin.seekable(), sys.stdin.read(4), sys.stdin.tell(), sys.stdin.seek(2), sys.stdin.read())
