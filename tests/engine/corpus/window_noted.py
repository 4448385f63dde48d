"""A prompt's library catches a window's change of size: nobody who sets what all threads wait for.

verdict: deadlock
cause: condition
participants: MainThread, worker
"""

import contextlib
import threading

with contextlib.suppress(ImportError):  # pdb brings it along, where Python has it
    import readline  # noqa: F401

first, second = threading.Event(), threading.Event()


def relay() -> None:
    first.wait()
    second.set()


worker = threading.Thread(target=relay, name="worker")
worker.start()
second.wait()
first.set()
