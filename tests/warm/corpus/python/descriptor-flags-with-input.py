# {"input": "text"}
import fcntl
import os

print(fcntl.fcntl(0, fcntl.F_GETFL), fcntl.fcntl(0, fcntl.F_GETFD), os.fstat(0).st_size)
print(os.readlink('/proc/self/fd/0'), os.fstat(0).st_mode, os.lseek(0, 0, os.SEEK_CUR))
