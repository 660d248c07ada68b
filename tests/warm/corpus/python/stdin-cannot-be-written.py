# {"input": "x"}
import os

try:
    os.write(0, b'y')
except OSError as error:
    print(error)
