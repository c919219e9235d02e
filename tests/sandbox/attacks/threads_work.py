# Not an attack: ordinary threads and child processes go on working under the filter.
import subprocess
import threading

total = []
threads = [threading.Thread(target=lambda n=n: total.append(n)) for n in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sum(total), subprocess.run(["/bin/echo", "child"], capture_output=True, text=True).stdout.strip())
