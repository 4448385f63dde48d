"""A callback, which the executor's own thread calls, waits for another future: that thread would set its result.

verdict: deadlock
cause: executor
participants: results
methods: fork, spawn
"""

import multiprocessing
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor


def main() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context(sys.argv[1])) as executor:

        def again(_: Future[None]) -> None:
            threading.current_thread().name = "results"
            executor.submit(abs, -2).result()

        future = executor.submit(time.sleep, 0.2)  # not done before it has the callback
        future.add_done_callback(again)
        executor.submit(abs, -3).result()


if __name__ == "__main__":
    main()
