import sys
import zipfile

with zipfile.ZipFile('/tmp/part.zip', 'w') as archive:
    archive.writestr('zipped.py', 'print(__file__)')
sys.path.insert(0, '/tmp/part.zip')
import zipped
