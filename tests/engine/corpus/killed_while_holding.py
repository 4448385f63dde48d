"""A worker is terminated while it holds a lock, which the next one waits for.

verdict: deadlock
cause: mixed
participants: second
methods: fork, spawn
"""

import multiprocessing
import sys
import time
from multiprocessing.synchronize import Event, RLock


def work(accounts: RLock, held: Event) -> None:
    with accounts:
        held.set()
        time.sleep(60)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    accounts = context.RLock()
    held = context.Event()
    first = context.Process(target=work, args=(accounts, held), name="first")
    first.start()
    held.wait()
    first.terminate()
    first.join()
    second = context.Process(target=work, args=(accounts, held), name="second")
    second.start()
    second.join()


if __name__ == "__main__":
    main()
