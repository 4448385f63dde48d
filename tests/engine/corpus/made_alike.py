"""Two threads take a lock of each kind in opposite orders, but each thread has a pair of its own.

verdict: clean
"""

import threading
import time


class Account:
    def __init__(self) -> None:
        self.balance = threading.Lock()
        self.history = threading.Lock()


def forward(account: Account) -> None:
    with account.balance, account.history:
        time.sleep(0.01)


def backward(account: Account) -> None:
    with account.history, account.balance:
        time.sleep(0.01)


threads = [threading.Thread(target=work, args=(Account(),), name=work.__name__) for work in (forward, backward)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
