import threading
import time


def work():
    time.sleep(0.05)
    print('the thread has ended')


threading.Thread(target=work).start()
print('the main thread has ended')
