# {"env": {"MINE": "x"}}
import os
import subprocess

del os.environ['MINE']
os.environ['OTHER'] = 'y'
print(subprocess.run(['env'], capture_output=True, text=True).stdout)
