"""Two processes take two locks in opposite orders, one after the other: in this run the second one heard from the
first. Another one writes to the same pipe, and may be heard first.

verdict: potential
cause: process-lock-cycle
participants: debit, credit
methods: fork, spawn
"""

import multiprocessing
import sys
import time


def debit(accounts, audit, outgoing) -> None:
    with accounts, audit:
        pass
    outgoing.send("debit")


def impatient(outgoing) -> None:
    time.sleep(0.2)
    outgoing.send("impatient")


def credit(accounts, audit, incoming) -> None:
    incoming.recv()
    with audit, accounts:
        pass
    incoming.recv()


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    accounts = multiprocessing.Lock()
    audit = multiprocessing.Lock()
    incoming, outgoing = multiprocessing.Pipe(duplex=False)
    work = {debit: (accounts, audit, outgoing), impatient: (outgoing,), credit: (accounts, audit, incoming)}
    workers = [multiprocessing.Process(target=each, args=args, name=each.__name__) for each, args in work.items()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
