import sys

sys.exit('these are the words')
