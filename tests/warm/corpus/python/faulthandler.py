import faulthandler

print(faulthandler.is_enabled())
faulthandler.dump_traceback(all_threads=False)
