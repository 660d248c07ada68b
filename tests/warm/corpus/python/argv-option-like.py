# {"args": ["-c", "print(1)", "-m", "http.server", "-u"]}
import sys

print(sys.argv)
