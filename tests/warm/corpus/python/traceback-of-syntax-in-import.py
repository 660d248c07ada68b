# {"files": {"broken.py": "x = = 1\n"}}
import broken
