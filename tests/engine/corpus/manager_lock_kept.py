"""A process keeps a manager's lock while it waits for an event that another process sets once it has had the lock.

verdict: deadlock
cause: mixed
participants: 2
methods: fork, spawn
"""

import multiprocessing
import sys


def want(lock, go_on) -> None:
    go_on.set()
    with lock:
        pass


def keep(lock, done, go_on) -> None:
    with lock:
        go_on.wait()
        done.wait()


def want_and_say(lock, done, go_on) -> None:
    want(lock, go_on)
    done.set()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Manager() as manager:
        lock, done, go_on = manager.Lock(), manager.Event(), manager.Event()
        keeper = context.Process(target=keep, args=(lock, done, go_on), name="keeper")
        wanting = context.Process(target=want_and_say, args=(lock, done, go_on), name="wanting")
        for process in (keeper, wanting):
            process.start()
        for process in (keeper, wanting):
            process.join()


if __name__ == "__main__":
    main()
