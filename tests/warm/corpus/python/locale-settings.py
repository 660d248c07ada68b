import locale
import sys

print(locale.setlocale(locale.LC_ALL), locale.getlocale(), locale.getencoding())
print(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.getdefaultencoding())
