# {"input_base64": "/wD+YQo="}
import sys

print(ascii(sys.stdin.read()))
