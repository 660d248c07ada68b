import platform
import sys

print(sys.version, sys.implementation, platform.python_version())
