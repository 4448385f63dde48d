"""A thread takes a Lock again that it holds; another one, which nobody could know of, releases it: a long wait.

verdict: clean
"""

import threading
import time

balance = threading.Lock()
taken = threading.Event()


def deposit() -> None:
    with balance:
        taken.set()
        log()


def log() -> None:
    balance.acquire()


def release() -> None:
    taken.wait()
    time.sleep(2.4)
    balance.release()


threads = [threading.Thread(target=work, name=work.__name__) for work in (deposit, release)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
