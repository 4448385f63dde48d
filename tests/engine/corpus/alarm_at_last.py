"""A thread and the main thread hold what each other wants until a timer's handler raises; then the main thread wants a
lock that it holds, until the handler of SIGINT does, which this one has for its alarm.

verdict: clean
"""

import contextlib
import signal
import threading

LATE_S = 2.5  # so long a wait is told

accounts, audit = threading.RLock(), threading.RLock()
both = threading.Barrier(2)


def too_late(*_: object) -> None:
    raise TimeoutError


def transfer() -> None:
    with audit:
        both.wait()
        with accounts:
            pass


worker = threading.Thread(target=transfer, name="worker")
worker.start()
signal.signal(signal.SIGALRM, too_late)
signal.setitimer(signal.ITIMER_REAL, LATE_S)
with contextlib.suppress(TimeoutError), accounts:
    both.wait()
    with audit:
        pass
worker.join()

signal.signal(signal.SIGALRM, signal.default_int_handler)
signal.alarm(1)
turn = threading.Lock()
with contextlib.suppress(KeyboardInterrupt), turn, turn:
    pass
