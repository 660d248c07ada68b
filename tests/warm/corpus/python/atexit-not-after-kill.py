import atexit
import os
import signal

atexit.register(print, 'never')
os.kill(os.getpid(), signal.SIGKILL)
