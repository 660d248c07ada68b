# {"files": {"fails.py": "def f():\n    raise OSError(5, 'no')\nf()\n"}}
import fails
