import sys

for number in range(100):
    print(number)
    print(-number, file=sys.stderr)
