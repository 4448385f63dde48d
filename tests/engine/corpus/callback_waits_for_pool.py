"""A callback, which the pool's own thread calls, waits for another result of the pool: that thread would bring it.

verdict: deadlock
cause: executor
participants: results
methods: fork, spawn
"""

import multiprocessing
import sys
import threading


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:

        def again(_: int) -> None:
            threading.current_thread().name = "results"
            pool.apply(abs, (-2,))

        pool.apply_async(abs, (-1,), callback=again).wait()
        pool.apply(abs, (-3,))


if __name__ == "__main__":
    main()
