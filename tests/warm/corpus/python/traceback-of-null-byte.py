# {"files": {"zero.py": "x = 1\u0000"}}
import zero
