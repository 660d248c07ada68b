import time

began = time.monotonic()
time.sleep(0.02)
print(time.monotonic() - began >= 0.02, time.time() > 1.7e9, time.perf_counter() > 0)
