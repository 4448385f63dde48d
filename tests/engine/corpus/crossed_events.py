"""Each of two threads waits for an event that the other would set afterwards.

verdict: deadlock
cause: condition
participants: left, right
"""

import threading

left_ready = threading.Event()
right_ready = threading.Event()


def work(awaited: threading.Event, own: threading.Event) -> None:
    awaited.wait()
    own.set()


threads = [
    threading.Thread(target=work, args=(right_ready, left_ready), name="left"),
    threading.Thread(target=work, args=(left_ready, right_ready), name="right"),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
