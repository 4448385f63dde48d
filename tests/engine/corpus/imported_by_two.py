"""Two threads import a module that takes its time; one waits until the other one has.

verdict: clean
"""

import threading
import time


def load() -> None:
    import imported_by_two  # noqa: F401


if __name__ == "__main__":
    loaders = [threading.Thread(target=load) for _ in range(2)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join()
else:
    time.sleep(0.5)
