"""Every thread waits; the handler that ends it is set only after the worker has waited beside nobody who could act.

verdict: clean
"""

import signal
import subprocess
import sys
import threading

alarmed = threading.Event()
served = threading.Event()
worker = threading.Thread(target=served.wait)
worker.start()
subprocess.run([sys.executable, "-S", "-E", "-c", "import time; time.sleep(0.2)"], check=True)
signal.signal(signal.SIGALRM, lambda *_: alarmed.set())
signal.setitimer(signal.ITIMER_REAL, 0.3)
alarmed.wait()
served.set()
worker.join()
