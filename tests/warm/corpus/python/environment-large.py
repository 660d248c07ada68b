# {"env": {"LARGE": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}
import os

os.environ['LARGER'] = os.environ['LARGE'] * 500
print(len(os.popen('echo $LARGER').read()))
