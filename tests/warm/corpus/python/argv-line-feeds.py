# {"args": ["a\nb", "\t", "'\"\\"]}
import sys

print(sys.argv)
