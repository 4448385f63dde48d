"""A lock is taken by one thread and released by another, with a second lock around each, in both orders.

verdict: clean
"""

import threading

baton = threading.Lock()
log = threading.Lock()
passed = threading.Event()


def give() -> None:
    baton.acquire()
    with log:
        pass
    passed.set()


def take_over() -> None:
    passed.wait()
    with log:
        baton.release()
    with log:
        baton.acquire()
    threading.Thread(target=baton.release).start()


threads = [threading.Thread(target=work) for work in (give, take_over)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
