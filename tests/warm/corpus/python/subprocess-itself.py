import subprocess
import sys

if len(sys.argv) == 1:
    print(subprocess.run([sys.executable, *sys.orig_argv[1:], 'child'], capture_output=True, text=True))
else:
    print('child', sys.argv)
