"""Each of two threads waits at a queue that the other would fill next.

verdict: deadlock
cause: queue
participants: left, right
"""

import queue
import threading

to_left: queue.Queue[int] = queue.Queue()
to_right: queue.Queue[int] = queue.Queue()


def answer(incoming: "queue.Queue[int]", outgoing: "queue.Queue[int]") -> None:
    outgoing.put(incoming.get() + 1)


threads = [
    threading.Thread(target=answer, args=(to_left, to_right), name="left"),
    threading.Thread(target=answer, args=(to_right, to_left), name="right"),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
