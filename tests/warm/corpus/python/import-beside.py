# {"files": {"part.py": "VALUE = 5\nprint(__name__, __file__)", "pack/__init__.py": "from .inner import x", "pack/inner.py": "x = __name__"}}
import pack
import part

print(part.VALUE, pack.x, pack.__path__)
