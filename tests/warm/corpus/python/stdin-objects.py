# {"input": "x"}
import sys

print(sys.stdin, sys.stdin.buffer, sys.stdin is sys.__stdin__, sys.stdin.line_buffering)
print(sys.stdin.encoding, sys.stdin.errors, sys.stdin.newlines, sys.stdin.buffer.raw.closefd)
