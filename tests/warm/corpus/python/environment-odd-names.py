# {"env": {"with space": "1", "1": "2", "a-b": "3", "ü": "4"}}
import os

print(ascii(sorted(os.environ.items())))
