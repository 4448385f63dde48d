"""A process keeps a manager's lock while it waits for an event that another process sets once it has had the lock.

verdict: deadlock
cause: mixed
participants: keeper, wanting
methods: fork, spawn
"""

import multiprocessing
import sys


def keep(lock, kept, done) -> None:
    with lock:
        kept.set()
        done.wait()


def want(lock, kept, done) -> None:
    kept.wait()
    with lock:
        done.set()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        lock, kept, done = manager.Lock(), manager.Event(), manager.Event()
        keeper = context.Process(target=keep, args=(lock, kept, done), name="keeper")
        wanting = context.Process(target=want, args=(lock, kept, done), name="wanting")
        for process in (keeper, wanting):
            process.start()
        for process in (keeper, wanting):
            process.join()


if __name__ == "__main__":
    main()
