# {"files": {".local/lib/python3.13/site-packages/of_the_user.py": "print('imported', __file__)", ".local/lib/python3.13/site-packages/some.pth": "extra\nimport sys; sys.from_pth = 1\n", ".local/lib/python3.13/site-packages/extra/more.py": "print('more')"}}
import sys
import more
import of_the_user

print(sys.path, sys.from_pth)
