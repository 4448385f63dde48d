"""Two processes meet at a barrier; a third comes while its action runs, and waits in vain for somebody to come again.

verdict: deadlock
cause: barrier
participants: MainThread, late
methods: fork, spawn, forkserver
"""

import multiprocessing
import sys
import time
from multiprocessing.synchronize import Barrier, Event


class LetItCome:
    """The action: goes on once the third one is about to come."""

    def __init__(self, arriving: Event, release: Event) -> None:
        self.arriving, self.release = arriving, release

    def __call__(self) -> None:
        self.release.set()
        self.arriving.wait()
        time.sleep(0.2)


def come_late(phase: Barrier, arriving: Event, release: Event) -> None:
    release.wait()
    arriving.set()
    phase.wait()


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    arriving, release = context.Event(), context.Event()
    phase = context.Barrier(2, action=LetItCome(arriving, release))
    late = context.Process(target=come_late, args=(phase, arriving, release), name="late")
    early = context.Process(target=phase.wait, name="early")
    late.start()
    early.start()
    phase.wait()
    early.join()
    late.join()


if __name__ == "__main__":
    main()
