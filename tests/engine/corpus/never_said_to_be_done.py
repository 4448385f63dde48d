"""All that was put into a queue has been taken out, but nobody says that it has been done, for which another waits.

verdict: deadlock
cause: process-queue
participants: MainThread
"""

import multiprocessing


def take(items) -> None:
    items.get()


def main() -> None:
    items = multiprocessing.JoinableQueue()
    taking = multiprocessing.Process(target=take, args=(items,))
    taking.start()
    items.put(1)
    items.join()
    taking.join()


if __name__ == "__main__":
    main()
