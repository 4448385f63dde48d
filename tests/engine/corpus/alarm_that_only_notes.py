"""A lock is taken twice; the alarm that comes meanwhile lets nobody go on.

verdict: deadlock
cause: self-deadlock
participants: MainThread
"""

import signal
import threading

rung = []
signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
signal.setitimer(signal.ITIMER_REAL, 0.2)
accounts = threading.Lock()
with accounts, accounts:
    pass
