"""A thread ends while it holds a lock; only its own thread could release it.

verdict: deadlock
cause: mixed
participants: second
"""

import threading

accounts = threading.RLock()
ready = threading.Event()


def forget() -> None:
    accounts.acquire()
    ready.wait()


def transfer() -> None:
    ready.set()
    first.join()
    with accounts:
        pass


first = threading.Thread(target=forget, name="first")
second = threading.Thread(target=transfer, name="second")
first.start()
second.start()
second.join()
