"""A line whose holds of a lock cost others the most; and holds that are short, or seldom.

costly-hold: long threads, long fork
nothing: copied threads, copied fork, even threads, even fork, seldom threads, seldom fork
"""

import time

import crew


def count(lock, outside_ms: float) -> None:
    for _ in range(150):
        with lock:
            crew.compute(0.02)
        time.sleep(outside_ms / 1000)


def sum_up(lock, before_ms: float, inside_ms: float, rounds: int) -> None:
    for _ in range(rounds):
        crew.compute(before_ms)
        with lock:
            crew.compute(inside_ms)
        time.sleep(0.01)


def count_meanwhile(lock, begun, counted, wants, mine: int) -> None:
    """Each time while the lock is held, however busy the machine is."""
    for _ in range(15):
        begun.acquire()
        wants[mine] = 1
        with lock:
            wants[mine] = 0
            crew.compute(0.02)
        counted.release()


def report(lock, begun, counted, wants) -> None:
    for _ in range(15):
        with lock:
            for _ in wants:
                begun.release()
            while not all(wants):
                crew.compute(0.2)
            crew.compute(20)
        for _ in wants:
            counted.acquire()


def main() -> None:
    kit = crew.kit()
    lock = kit.Lock()
    if crew.FORM == "long":
        told = kit.Semaphore(0), kit.Semaphore(0), kit.numbers(3)
        crew.run(kit, *[(count_meanwhile, (lock, *told, n)) for n in range(3)], (report, (lock, *told)))
    elif crew.FORM == "copied":
        crew.run(kit, *[(count, (lock, 2))] * 3, (sum_up, (lock, 20, 0.05, 15)))
    elif crew.FORM == "seldom":
        crew.run(kit, *[(count, (lock, 5))] * 3, (sum_up, (lock, 0, 20, 2)))
    elif crew.FORM == "even":
        crew.run(kit, *[(sum_up, (lock, 2, 0.2, 30))] * 4)


if __name__ == "__main__":
    main()
