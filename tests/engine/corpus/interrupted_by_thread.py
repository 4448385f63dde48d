"""A thread and the main thread hold what each other wants until another thread interrupts the main one.

verdict: clean
"""

import contextlib
import os
import signal
import threading
import time

LATE_S = 2.5  # so long a wait is told

accounts, audit = threading.RLock(), threading.RLock()
both = threading.Barrier(2)


def note_and_raise(*_: object) -> None:
    time.sleep(0.2)  # while nobody is left who may interrupt it
    raise KeyboardInterrupt


def transfer() -> None:
    with audit:
        both.wait()
        with accounts:
            pass


worker = threading.Thread(target=transfer, name="worker")
worker.start()
watchdog = threading.Timer(LATE_S, os.kill, (os.getpid(), signal.SIGINT))
signal.signal(signal.SIGINT, note_and_raise)
with contextlib.suppress(KeyboardInterrupt), accounts:
    both.wait()
    watchdog.start()
    with audit:
        pass
worker.join()
watchdog.join()
