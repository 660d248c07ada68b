# {"args": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]}
import sys

print(len(sys.argv), sum(map(int, sys.argv[1:])))
