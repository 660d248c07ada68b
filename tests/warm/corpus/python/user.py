import getpass
import os
import pwd

print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups(), getpass.getuser())
print(pwd.getpwuid(os.getuid()), os.path.expanduser('~'))
