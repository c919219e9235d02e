# Its own clocks stand still; what it used is measured outside.
import time

real = time.process_time
time.time = time.perf_counter = time.monotonic = time.process_time = lambda: 0.0
end = real() + 0.15
while real() < end:
    pass
print(time.time() - time.time())
