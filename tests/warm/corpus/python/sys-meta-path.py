import sys

print(sys.meta_path, sys.path_hooks)
