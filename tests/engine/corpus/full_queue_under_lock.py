"""A thread waits at a full queue with a lock that the reader needs.

verdict: deadlock
cause: mixed
participants: producer, consumer
"""

import queue
import threading

orders: queue.Queue[int] = queue.Queue(maxsize=1)
stock = threading.Lock()
filled = threading.Event()


def produce() -> None:
    with stock:
        orders.put(1)
        filled.set()
        orders.put(2)


def consume() -> None:
    filled.wait()
    with stock:
        orders.get()


threads = [threading.Thread(target=produce, name="producer"), threading.Thread(target=consume, name="consumer")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
