"""A lock is taken twice, after the alarm that would have ended that was called off.

verdict: deadlock
cause: self-deadlock
participants: MainThread
"""

import signal
import threading


def too_late(*_: object) -> None:
    raise TimeoutError


signal.signal(signal.SIGALRM, too_late)
signal.alarm(100)
signal.alarm(0)
accounts = threading.Lock()
with accounts, accounts:
    pass
