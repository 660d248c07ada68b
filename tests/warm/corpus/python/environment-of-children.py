# {"env": {"Z": "1", "A": "2"}}
import subprocess

print(subprocess.run(['env'], capture_output=True, text=True).stdout)
