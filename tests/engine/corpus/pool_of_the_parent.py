"""A process forked from one that has a pool uses its copy: the threads that serve the pool stayed behind.

verdict: deadlock
cause: executor
participants: child
"""

import multiprocessing
import warnings


def use() -> None:
    pool.apply(abs, (-1,))


warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12, which warns of threads at a fork
context = multiprocessing.get_context("fork")
pool = context.Pool(1)
pool.apply(abs, (-1,))
child = context.Process(target=use, name="child")
child.start()
child.join()
