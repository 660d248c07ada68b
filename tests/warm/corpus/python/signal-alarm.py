import signal
import time


def handle(number, frame):
    raise TimeoutError('alarm')


signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.01)
time.sleep(10)
