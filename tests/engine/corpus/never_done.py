"""A queue is joined whose reader never says that it is done.

verdict: deadlock
cause: queue
participants: MainThread, worker
"""

import queue
import threading

tasks: queue.Queue[int] = queue.Queue()


def work() -> None:
    while True:
        tasks.get()


threading.Thread(target=work, name="worker", daemon=True).start()
tasks.put(1)
tasks.join()
