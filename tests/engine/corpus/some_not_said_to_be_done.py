"""Workers forget to say that they are done with some items, and wait for more; who put them in waits for all.

verdict: deadlock
cause: queue
participants: MainThread, worker-0, worker-1
"""

import queue
import threading

items: queue.Queue[int] = queue.Queue()


def work() -> None:
    while True:
        item = items.get()
        if item % 3:
            items.task_done()


for number in range(2):
    threading.Thread(target=work, name=f"worker-{number}", daemon=True).start()
for item in range(10):
    items.put(item)
items.join()
