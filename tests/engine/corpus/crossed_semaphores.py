"""Two semaphores of one permit, taken in opposite orders.

verdict: deadlock
cause: semaphore
participants: debit, credit
"""

import threading

printer = threading.Semaphore(1)
scanner = threading.BoundedSemaphore(1)
both = threading.Barrier(2)


def debit() -> None:
    with printer:
        both.wait()
        with scanner:
            pass


def credit() -> None:
    with scanner:
        both.wait()
        with printer:
            pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
