"""The main thread acquires a Lock twice; the only other thread waits for work that only the main thread could give.

verdict: deadlock
cause: self-deadlock
participants: MainThread
"""

import queue
import threading

balance = threading.Lock()
tasks: queue.Queue[int] = queue.Queue()
threading.Thread(target=tasks.get, name="worker", daemon=True).start()
balance.acquire()
balance.acquire()
