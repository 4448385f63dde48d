"""A callback raises in the pool's own thread, which ends: no result is handed on any more.

verdict: deadlock
cause: executor
participants: MainThread
methods: fork, spawn
"""

import multiprocessing
import sys


def fail(result: int) -> None:
    raise ValueError(result)


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        pool.apply_async(abs, (-1,), callback=fail).wait()
        pool.apply(abs, (-2,))


if __name__ == "__main__":
    main()
