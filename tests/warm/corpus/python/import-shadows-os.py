# {"files": {"os.py": "print('never')", "site.py": "print('never')"}}
import os
import site

print(os.__file__, site.__file__)
