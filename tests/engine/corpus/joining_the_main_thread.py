"""A thread waits for the main thread to end, which waits for that thread.

verdict: deadlock
cause: join-cycle
participants: MainThread, worker
"""

import threading

worker = threading.Thread(target=threading.current_thread().join, name="worker")
worker.start()
worker.join()
