import builtins

print(hasattr(builtins, '_'), hasattr(builtins, 'open'))
