import os
import platform
import sys

print(f"Hello from Python {platform.python_version()} in a VM of its own.")
print(f"  kernel   {platform.release()}")
print(f"  user     {os.getuid()}, in {os.getcwd()}")
print(f"  memory   {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 2**20} MiB, {os.cpu_count()} processor")
if len(sys.argv) > 1:
    print(f"  asked to greet {' '.join(sys.argv[1:])}")
