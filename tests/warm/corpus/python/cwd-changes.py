import os
import sys

os.chdir('/')
print(__file__, sys.path[0], os.path.abspath(sys.argv[0]))
