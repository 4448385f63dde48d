"""A thread waits at a condition with another lock that whoever would notify needs.

verdict: deadlock
cause: mixed
participants: reader, writer
"""

import threading

outer = threading.Lock()
changed = threading.Condition()
waiting = threading.Event()


def read() -> None:
    with outer, changed:
        waiting.set()
        changed.wait()


def write() -> None:
    waiting.wait()
    with outer, changed:
        changed.notify()


threads = [threading.Thread(target=read, name="reader"), threading.Thread(target=write, name="writer")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
