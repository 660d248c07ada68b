# {"files": {"tool/__main__.py": "import sys\nprint(__name__, __package__, sys.argv)"}}
import runpy

runpy.run_module('tool', run_name='__main__')
