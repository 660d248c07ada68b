# {"env": {"MINE": "value", "EMPTY": "", "UMLAUT": "äöü", "WITH_EQUALS": "a=b=c"}}
import os

for name, value in os.environ.items():
    print(name, ascii(value))
