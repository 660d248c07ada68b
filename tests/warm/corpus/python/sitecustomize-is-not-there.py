import importlib.util
import sys

for name in ['sitecustomize', 'usercustomize', '_vulcan_waiting']:
    print(name in sys.modules)
try:
    import sitecustomize
except ImportError as error:
    print(error, error.name)
