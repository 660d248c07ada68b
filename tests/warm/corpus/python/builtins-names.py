import builtins

print(sorted(vars(builtins)), __builtins__ is builtins)
