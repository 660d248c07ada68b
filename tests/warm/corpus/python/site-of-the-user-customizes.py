# {"files": {".local/lib/python3.13/site-packages/usercustomize.py": "import sys\nprint('customized', len(sys.path))\nsys.customized = True\n"}}
import sys

print(sys.customized, 'usercustomize' in sys.modules)
