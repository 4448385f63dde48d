"""Processes take two locks in opposite orders, but a message, an answer or a permit lies between.

verdict: clean
methods: fork, spawn
"""

import multiprocessing
import sys
import time


def first(one, other, ask, answer, permit) -> None:
    ask.recv()
    with one, other:
        pass
    ask.send("done")
    answer.recv()
    time.sleep(0.1)  # a permit that is there already is told by nobody
    with other, one:
        pass
    permit.release()


def second(one, other, ask, answer, permit) -> None:
    ask.send("begin")
    ask.recv()
    with other, one:
        pass
    answer.send("done")
    permit.acquire()
    with one, other:
        pass


if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    accounts = multiprocessing.Lock()
    audit = multiprocessing.Lock()
    near, far = multiprocessing.Pipe()
    incoming, outgoing = multiprocessing.Pipe(duplex=False)
    permit = multiprocessing.Semaphore(0)
    workers = [
        multiprocessing.Process(target=first, args=(accounts, audit, near, incoming, permit)),
        multiprocessing.Process(target=second, args=(accounts, audit, far, outgoing, permit)),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
