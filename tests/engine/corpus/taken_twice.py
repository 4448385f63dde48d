"""A thread takes a Lock that it holds.

verdict: deadlock
cause: self-deadlock
participants: MainThread
"""

import threading

balance = threading.Lock()


def deposit() -> None:
    with balance:
        log()


def log() -> None:
    with balance:
        pass


deposit()
