"""The parent waits for a message of a child that takes its time; the queue is drained before the join.

verdict: clean
methods: fork, spawn
"""

import multiprocessing
import sys
import time


def work(results) -> None:
    time.sleep(0.3)
    results.put(bytes(1 << 20))


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    results = context.Queue()
    worker = context.Process(target=work, args=(results,))
    worker.start()
    results.get()
    worker.join()


if __name__ == "__main__":
    main()
