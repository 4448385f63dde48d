"""Two readers of a readers-writer lock wait for each other to leave, to become its writer.

verdict: deadlock
cause: rwlock
participants: first, second
"""

import threading


class ReadWriteLock:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0

    def acquire_read(self) -> None:
        with self._changed:
            self._readers += 1

    def upgrade_to_write(self) -> None:
        with self._changed:
            while self._readers > 1:
                self._changed.wait()
            self._readers = 0


table = ReadWriteLock()
both = threading.Barrier(2)


def change() -> None:
    table.acquire_read()
    both.wait()
    table.upgrade_to_write()


threads = [threading.Thread(target=change, name=name) for name in ("first", "second")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
