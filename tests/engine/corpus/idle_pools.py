"""Pools of threads and processes are idle for a while and at the end.

verdict: clean
"""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def main() -> None:
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(2, mp_context=context) as processes, ThreadPoolExecutor(2) as threads:
        processes.submit(abs, -1).result()
        threads.submit(abs, -1).result()
        time.sleep(0.3)


if __name__ == "__main__":
    main()
