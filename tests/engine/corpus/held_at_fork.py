"""A process is forked while another thread holds a lock, which nobody releases in the child.

verdict: deadlock
cause: fork-held-lock
participants: child
"""

import multiprocessing
import threading
import warnings

log = threading.Lock()
held = threading.Event()
over = threading.Event()


def keep() -> None:
    with log:
        held.set()
        over.wait()


def write() -> None:
    with log:
        pass


warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12, which warns of just this
threading.Thread(target=keep, name="keeper").start()
held.wait()
child = multiprocessing.get_context("fork").Process(target=write, name="child")
child.start()
child.join()
over.set()
