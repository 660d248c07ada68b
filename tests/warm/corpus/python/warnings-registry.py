import warnings

for _ in range(3):
    warnings.warn('once')
print(sorted(map(str, __warningregistry__)))
