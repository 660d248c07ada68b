# {"files": {"part.py": "VALUE = 5"}}
import os
import part

print(os.listdir('/work/__pycache__'))
