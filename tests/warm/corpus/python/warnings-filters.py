import warnings

print(warnings.filters, warnings.defaultaction if hasattr(warnings, 'defaultaction') else None)
