# {"entrypoint": "./program.py"}
import sys

print(__file__, sys.argv, sys.path[0], sys._getframe().f_code.co_filename)
