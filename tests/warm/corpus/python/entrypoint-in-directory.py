# {"entrypoint": "a/b/program.py", "files": {"a/b/beside.py": "WHERE = __file__"}}
import sys
import beside

print(__file__, sys.argv, sys.path[0], beside.WHERE)
