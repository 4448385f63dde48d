"""A thread wants a lock whose holder waits for a word that nobody gives, until it gives up: a long wait.

verdict: clean
"""

import threading

accounts = threading.Lock()
approved = threading.Event()
taken = threading.Event()


def debit() -> None:
    with accounts:
        taken.set()
        approved.wait(2.4)


def credit() -> None:
    taken.wait()
    with accounts:
        pass


threads = [threading.Thread(target=work, name=work.__name__) for work in (debit, credit)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
