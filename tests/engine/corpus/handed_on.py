"""Threads take two locks in opposite orders, but the later ones only after the first has let them go on: by an event,
an item of a queue, a permit of a semaphore; and by a thread in between.

verdict: clean
"""

import queue
import threading

accounts = threading.Lock()
audit = threading.Lock()
done = threading.Event()
items: queue.Queue[str] = queue.Queue()
simple: queue.SimpleQueue[str] = queue.SimpleQueue()
permits = threading.Semaphore(0)
passed_on = threading.Event()


def debit() -> None:
    with accounts, audit:
        pass
    done.set()
    items.put("done")
    simple.put("done")
    permits.release()


def messenger() -> None:
    done.wait()
    passed_on.set()


def invert() -> None:
    with audit, accounts:
        pass


waits = (done.wait, items.get, simple.get, permits.acquire, passed_on.wait)
threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, messenger)]
threads += [threading.Thread(target=lambda wait=wait: (wait(), invert())) for wait in waits]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
