import subprocess
import sys

print('first')
subprocess.run(['echo', 'second'])
sys.stdout.write('third without an end')
