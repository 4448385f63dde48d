"""A lock that goes from waiter to waiter; and locks that are free when they are wanted, or stand for a turn.

convoy: crowd threads, crowd fork
nothing: two threads, two fork, apart threads, apart fork, shards threads, shards fork, batons threads
"""

import time

import crew

GOING, WANTING, OVER = range(3)  # what a worker of the crowd is up to


def take_among_others(lock, doing, mine: int, rounds: int) -> None:
    """It is wanted whenever it is let go, and whoever lets it go leaves it to them: however busy the machine is."""

    def wanting() -> int:
        return sum(each == WANTING for each in doing)

    for _ in range(rounds):
        doing[mine] = WANTING
        with lock:
            doing[mine] = GOING
            while wanting() < min(3, sum(each != OVER for each in doing) - 1):
                crew.compute(0.2)
            crew.compute(3)
            before = wanting()
        while before and wanting() == before:
            time.sleep(0.001)
    doing[mine] = OVER


def take(lock, rounds: int, inside_ms: float, outside_ms: float) -> None:
    for _ in range(rounds):
        with lock:
            crew.compute(inside_ms)
        time.sleep(outside_ms / 1000)


def take_in_turn(locks, first: int, rounds: int) -> None:
    for number in range(rounds):
        with locks[(first + number) % len(locks)]:
            crew.compute(0.2)
        time.sleep(0.004)


def hand_on(mine, theirs, rounds: int) -> None:
    for _ in range(rounds):
        mine.acquire()
        crew.compute(0.2)
        theirs.release()


def main() -> None:
    kit = crew.kit()
    lock = kit.Lock()
    if crew.FORM == "crowd":
        doing = kit.numbers(6)
        crew.run(kit, *[(take_among_others, (lock, doing, number, 20)) for number in range(6)])
    elif crew.FORM == "two":
        crew.run(kit, *[(take, (lock, 60, 1, 3))] * 2)
    elif crew.FORM == "apart":
        crew.run(kit, *[(take, (lock, 60, 0.1, 10))] * 4)
    elif crew.FORM == "shards":
        locks = [kit.Lock() for _ in range(8)]
        crew.run(kit, *[(take_in_turn, (locks, number, 60)) for number in range(4)])
    elif crew.FORM == "batons":
        batons = [kit.Lock() for _ in range(4)]
        for baton in batons[1:]:
            baton.acquire()
        crew.run(kit, *[(hand_on, (batons[number], batons[(number + 1) % 4], 60)) for number in range(4)])


if __name__ == "__main__":
    main()
