import _interpreters

interpreter = _interpreters.create()
_interpreters.exec(interpreter, "import sys; print(sys.path, sys.executable, 'sitecustomize' in sys.modules)")
