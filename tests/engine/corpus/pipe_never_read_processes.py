"""A process writes more into a pipe than it holds, and both who could read it wait for its end.

verdict: deadlock
cause: mixed
participants: MainThread, helper, writing
methods: fork
"""

import multiprocessing
import os
import threading

reader, writer = os.pipe()
over = threading.Event()


def write() -> None:
    os.write(writer, bytes(1_000_000))


def read() -> None:
    over.wait()
    os.read(reader, 1_000_000)


def main() -> None:
    process = multiprocessing.get_context("fork").Process(target=write, name="writing")
    process.start()
    threading.Thread(target=read, name="helper").start()
    process.join()
    over.set()


if __name__ == "__main__":
    main()
