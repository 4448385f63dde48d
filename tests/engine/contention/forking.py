"""Processes forked while threads run; and those that are started before or after them, or not by a fork.

fork-with-threads: amid threads, held threads
nothing: before threads, spawned threads, program threads, executor threads, pool threads, queue threads, joined threads
"""

import multiprocessing
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

import crew

fork = multiprocessing.get_context("fork")
stop, lock, there = threading.Event(), threading.Lock(), threading.Event()


def stay() -> None:
    with lock if crew.FORM == "held" else threading.Lock():
        there.set()
        stop.wait()


def start(context, work=time.sleep, args: tuple = (0.01,)) -> None:
    child = context.Process(target=work, args=args)
    child.start()
    child.join()


def main() -> None:
    thread = threading.Thread(target=stay)
    if crew.FORM in {"amid", "held", "spawned", "program", "joined"}:
        thread.start()
        there.wait()
    if crew.FORM in {"amid", "held", "before"}:
        start(fork)
    elif crew.FORM == "spawned":
        start(multiprocessing.get_context("spawn"))
    elif crew.FORM == "program":
        subprocess.run([sys.executable, "-c", "1"], check=True)
    elif crew.FORM == "executor":
        with ProcessPoolExecutor(2, mp_context=fork) as executor:
            list(executor.map(abs, range(10)))
    elif crew.FORM == "pool":
        with fork.Pool(2, maxtasksperchild=1) as pool:
            pool.map(abs, range(8), 1)
    elif crew.FORM == "queue":
        items = fork.Queue()
        items.put(1)  # by a thread of its own
        start(fork, items.get, ())
    elif crew.FORM == "joined":
        stop.set()
        thread.join()
        start(fork)
    if not there.is_set():
        thread.start()
    stop.set()


if __name__ == "__main__":
    main()
