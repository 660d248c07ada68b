import subprocess
import sys

code = 'import sys; print(sys.argv, sys.path[0], sorted(sys.modules)[:5]); print(sys.stdin.read())'
print(subprocess.run([sys.executable, '-c', code, 'x'], capture_output=True, text=True, input='in'))
