# {"args": ["a", "b c", "", "-x", "--", "ü", "=" ]}
import sys

print(sys.argv, type(sys.argv), all(type(word) is str for word in sys.argv))
