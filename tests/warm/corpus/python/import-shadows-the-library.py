# {"files": {"random.py": "print('mine')"}}
import random

print(random.__file__)
