"""A process is joined with a lock held that it wants.

verdict: deadlock
cause: mixed
participants: MainThread, worker
methods: fork, spawn
"""

import multiprocessing
import sys


def work(ledger) -> None:
    with ledger:
        pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    ledger = context.Lock()
    worker = context.Process(target=work, args=(ledger,), name="worker")
    with ledger:
        worker.start()
        worker.join()


if __name__ == "__main__":
    main()
