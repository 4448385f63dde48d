"""Daemon threads wait for work at the end; a thread waits for long and is served at last.

verdict: clean
"""

import queue
import threading
import time

tasks: queue.Queue[int] = queue.Queue()
opened = threading.Event()
for _ in range(3):
    threading.Thread(target=tasks.get, daemon=True).start()
waiter = threading.Thread(target=opened.wait)
waiter.start()
time.sleep(0.3)
opened.set()
waiter.join()
