"""Who takes what two others hand on waits for both to say that they have done; one of them ends without a word.

verdict: deadlock
cause: queue
participants: 2
"""

import queue
import threading

items: queue.Queue = queue.Queue()
results: queue.Queue = queue.Queue(4)


def transform(*, says_so: bool) -> None:
    while (item := items.get()) is not None:
        results.put(item * item)
    if says_so:
        results.put(None)


def collect() -> None:
    ended = 0
    while ended < 2:
        ended += results.get() is None


for number in [*range(20), None, None]:
    items.put(number)
threads = [threading.Thread(target=transform, kwargs={"says_so": says_so}) for says_so in (True, False)]
threads.append(threading.Thread(target=collect, name="collect"))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
