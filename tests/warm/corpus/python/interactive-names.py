import sys

print(hasattr(sys, 'ps1'), hasattr(sys, 'ps2'), sys.flags.inspect)
