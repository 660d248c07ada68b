import pathlib
import shutil
import tempfile

directory = pathlib.Path(tempfile.mkdtemp())
(directory / 'file').write_text('ü\n')
print((directory / 'file').read_bytes(), oct((directory / 'file').stat().st_mode))
shutil.rmtree(directory)
