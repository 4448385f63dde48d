"""Processes take two locks in opposite orders, but the later ones only after the first has set an event or has put
something into a queue.

verdict: clean
methods: spawn, fork
"""

import multiprocessing
import sys


def debit(accounts, audit, done, items) -> None:
    with accounts, audit:
        pass
    done.set()
    items.put("done")


def after_event(accounts, audit, done, items) -> None:
    done.wait()
    with audit, accounts:
        pass


def after_item(accounts, audit, done, items) -> None:
    items.get()
    with audit, accounts:
        pass


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    shared = context.Lock(), context.Lock(), context.Event(), context.Queue()
    workers = [
        context.Process(target=work, args=shared, name=work.__name__) for work in (debit, after_event, after_item)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
