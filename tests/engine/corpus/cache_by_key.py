"""A cache has a lock for all its keys and one for each; one is taken inside the other, when something is made, and the
other way round when it is forgotten.

verdict: potential
cause: lock-cycle
participants: get, forget
"""

import threading
import time


class Cache:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.locks: dict[str, threading.Lock] = {}
        self.made: dict[str, str] = {}

    def get(self, key: str) -> str:
        if key not in self.made:
            with self.lock:
                lock = self.locks.setdefault(key, threading.Lock())
            with lock:
                if key not in self.made:
                    with self.lock:
                        self.made[key] = key.upper()
        return self.made[key]

    def forget(self, key: str) -> None:
        with self.lock, self.locks[key]:
            self.made.pop(key, None)


def forget_later() -> None:
    time.sleep(0.2)
    cache.forget("it")


cache = Cache()
threads = [
    threading.Thread(target=cache.get, args=("it",), name="get"),
    threading.Thread(target=forget_later, name="forget"),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
