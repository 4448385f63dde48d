"""A thread waits on a condition while it holds a lock that was taken inside: it takes the condition's lock again.

verdict: potential
cause: lock-cycle
participants: waiter, other
"""

import threading
import time

changed = threading.Condition()
log = threading.Lock()


def waiter() -> None:
    with changed, log:
        changed.wait(timeout=0.05)


def other() -> None:
    time.sleep(0.3)
    with changed, log:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (waiter, other)]
for thread in threads:
    thread.start()
    time.sleep(0.01)
for thread in threads:
    thread.join()
