"""A process is killed while it holds a manager's lock, which another one wants.

verdict: deadlock
cause: mixed
participants: MainThread
methods: fork, spawn
"""

import multiprocessing
import os
import signal
import sys


def keep(lock) -> None:
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        lock = manager.Lock()
        keeper = context.Process(target=keep, args=(lock,), name="keeper")
        keeper.start()
        keeper.join()
        lock.acquire()


if __name__ == "__main__":
    main()
