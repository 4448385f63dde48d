"""A process waits on a condition that nobody notifies any more.

verdict: deadlock
cause: condition
participants: MainThread, waiter
methods: fork, spawn
"""

import multiprocessing
import sys
from multiprocessing.synchronize import Condition


def wait(news: Condition) -> None:
    with news:
        news.wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    news = context.Condition()
    waiter = context.Process(target=wait, args=(news,), name="waiter")
    waiter.start()
    waiter.join()


if __name__ == "__main__":
    main()
