import warnings

warnings.warn('at this line')
warnings.warn('one above', stacklevel=2)
warnings.warn('old', DeprecationWarning)
