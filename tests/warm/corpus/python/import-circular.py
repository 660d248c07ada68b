# {"files": {"one.py": "import two\nx = 1", "two.py": "import one\nprint(hasattr(one, 'x'))"}}
import one

print(one.x)
