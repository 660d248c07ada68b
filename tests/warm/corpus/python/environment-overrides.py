# {"env": {"PATH": "/usr/bin", "USER": "other", "FORCE_COLOR": "1"}}
import os

print(os.environ['PATH'], os.environ['USER'])
raise ValueError('in colour')
