import sys

sys.excepthook = lambda kind, value, trace: print('hook', kind, value, trace.tb_lineno)
raise ValueError(1)
