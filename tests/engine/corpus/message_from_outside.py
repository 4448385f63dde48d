"""Two threads wait for a third, which waits for the end of another program.

verdict: clean
"""

import subprocess
import sys
import threading

done = threading.Event()


def run() -> None:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True)
    done.set()


threads = [threading.Thread(target=done.wait), threading.Thread(target=run)]
for thread in threads:
    thread.start()
done.wait()
for thread in threads:
    thread.join()
