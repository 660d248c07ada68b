# {"entrypoint": "größe 😀/prögram.py"}
import sys

print(ascii(__file__), ascii(sys.argv), ascii(sys.path[0]))
raise ValueError('in a file with such a name')
