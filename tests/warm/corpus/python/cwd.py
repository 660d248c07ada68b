import os
import pathlib

print(os.getcwd(), pathlib.Path('.').absolute(), os.path.abspath(__file__))
print(sorted(os.listdir()))
