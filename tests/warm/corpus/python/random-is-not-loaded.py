import sys

print([name for name in ['random', 'secrets', 'uuid', 'ssl', 'hashlib'] if name in sys.modules])
