"""A thread waits for the end of another, which wants a lock that the first holds.

verdict: deadlock
cause: mixed
participants: MainThread, saver
"""

import threading

document = threading.Lock()


def save() -> None:
    with document:
        pass


with document:
    saver = threading.Thread(target=save, name="saver")
    saver.start()
    saver.join()
