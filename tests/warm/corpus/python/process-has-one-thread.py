import os
import threading

print(os.listdir('/proc/self/task') == [str(os.getpid())], len(threading.enumerate()))
print(threading.main_thread() is threading.current_thread(), threading.current_thread().name)
print(threading.main_thread().native_id == os.getpid())
