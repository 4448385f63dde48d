"""Who gets a lock far less often than another that lets it go for no more than a moment; and who gets it as often.

starvation: hog threads
nothing: fair threads, fair fork, seldom threads, seldom fork
"""

import os
import time

import crew


def share_a_core(*, runs_last: bool) -> None:
    """So that it does not depend on the machine who is faster: who `runs_last` runs when nobody else would."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if runs_last:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def hog(lock, over) -> None:
    share_a_core(runs_last=False)
    with lock:
        time.sleep(0.2)  # so that the other is there
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        with lock:
            sum(range(10_000))
    over.set()


def want(lock, over) -> None:
    share_a_core(runs_last=True)
    time.sleep(0.05)
    while not over.is_set():
        with lock:
            pass


def take(lock, rounds: int, pause_s: float) -> None:
    for _ in range(rounds):
        with lock:
            crew.compute(1)
        time.sleep(pause_s)


def main() -> None:
    kit = crew.kit()
    lock = kit.Lock()
    if crew.FORM == "hog":
        over = kit.Event()
        crew.run(kit, (hog, (lock, over)), (want, (lock, over)))
    elif crew.FORM == "fair":
        crew.run(kit, *[(take, (lock, 150, 0.004))] * 3)
    elif crew.FORM == "seldom":
        crew.run(kit, *[(take, (lock, 150, 0.004))] * 2, (take, (lock, 10, 0.1)))


if __name__ == "__main__":
    main()
