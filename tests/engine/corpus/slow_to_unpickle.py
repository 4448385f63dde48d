"""Who has got a message takes its time to unpickle it: by its cell it still waits for one, and the others for it.

verdict: clean
methods: fork, spawn
"""

import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any


class Slow:
    """Sleeps whenever it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[float]]:
        return time.sleep, (0.1,)


def answer(get: Any, put: Any) -> None:
    put(get())


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(1) as pool:
        pool.apply(print, (Slow(),))
    with ProcessPoolExecutor(1, context) as executor:
        executor.submit(print, Slow()).result()
    questions, answers = context.Queue(), context.SimpleQueue()
    process = context.Process(target=answer, args=(questions.get, answers.put))
    process.start()
    questions.put(Slow())
    answers.get()
    process.join()
    mine, other = context.Pipe()
    process = context.Process(target=answer, args=(other.recv, other.send))
    process.start()
    mine.send(Slow())
    mine.recv()
    process.join()


if __name__ == "__main__":
    main()
