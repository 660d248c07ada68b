import sys

sys.stdou
