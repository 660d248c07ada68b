import sys

print(sys.exception(), sys.exc_info(), hasattr(sys, 'last_exc'), hasattr(sys, 'last_value'))
