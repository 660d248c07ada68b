print(sorted(globals()))
print(__doc__, __package__, __spec__, __annotations__)
