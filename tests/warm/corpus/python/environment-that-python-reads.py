# {"env": {"PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8", "HOME": "/work"}}
import sys

print(sys.stdout.write_through, sys.flags)
