"""A thread wants a lock whose holder waits for a word that a third one gives in the end: a long wait, and no deadlock.

verdict: clean
"""

import threading
import time

accounts = threading.Lock()
approved = threading.Event()
taken = threading.Event()


def debit() -> None:
    with accounts:
        taken.set()
        approved.wait()


def credit() -> None:
    taken.wait()
    with accounts:
        pass


def approve() -> None:
    time.sleep(2.4)
    approved.set()


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit, approve)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
