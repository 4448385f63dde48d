"""A module waits, while it is being imported, for a thread that imports it, too.

verdict: deadlock
cause: join-cycle
participants: MainThread
"""

import threading


def load() -> None:
    import joined_in_import  # noqa: F401


if __name__ == "__main__":
    load()
else:
    loader = threading.Thread(target=load, name="loader")
    loader.start()
    loader.join()
