# The interpreter is older than its program.
import time

fields = open('/proc/self/stat').read().rsplit(') ', 1)[1].split()
assert float(fields[19]) / 100 <= time.clock_gettime(time.CLOCK_BOOTTIME)
assert time.process_time() > 0
