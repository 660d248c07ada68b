# {"files": {"warnings.py": "print('my warnings')", "encodings.py": ""}}
import warnings

print(warnings.__file__)
