"""Every thread waits, and the handler of a signal sets what they wait for.

verdict: clean
"""

import signal
import threading

alarmed = threading.Event()
served = threading.Event()
signal.signal(signal.SIGALRM, lambda *_: alarmed.set())
worker = threading.Thread(target=served.wait)
worker.start()
signal.setitimer(signal.ITIMER_REAL, 0.3)
alarmed.wait()
served.set()
worker.join()
