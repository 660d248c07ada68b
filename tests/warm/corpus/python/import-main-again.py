import importlib
import sys

if __name__ == '__main__':
    again = importlib.import_module('main')
    print(again.__name__, again.__file__, again is sys.modules['__main__'])
