import gc
import sys

assert gc.get_count()[0] >= 0 and sys.getallocatedblocks() > 0 and gc.get_stats()
