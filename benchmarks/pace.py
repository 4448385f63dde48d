"""How fast the machine is from moment to moment: a shared one may run at half its speed, for seconds or for days."""

import time

import numpy as np

REFERENCE_S = 0.0003  # what the piece of work took in the best moments of the machine of Nov 23 (an EPYC of family 25)
LOOK_S = 0.02  # of thread CPU time between two looks
AROUND = 5  # looks whose median tells the pace at the middle one


class Pace:
    """Thread CPU time of one small piece of work that never changes, taken again and again with warm caches.

    What it tells of other work is an estimate, too low or too high: work that waits for memory is slowed differently.
    """

    def __init__(self) -> None:
        self._numbers = np.arange(500.0)
        self._took: list[float] = []
        self._looked_at = 0.0

    def look(self) -> int:
        """Does the piece of work; returns the number of this look, from 0."""
        self._work()  # whatever was done before has used the caches
        begun = time.thread_time()
        self._work()
        self._looked_at = time.thread_time()
        self._took.append(self._looked_at - begun)
        return len(self._took) - 1

    def look_now_and_then(self) -> int:
        """The same if the thread has worked for a while since: looks take caches away from what is measured."""
        if not self._took or time.thread_time() - self._looked_at > LOOK_S:
            self.look()
        return len(self._took) - 1

    def _work(self) -> None:
        kept = {}
        for number in range(800):
            kept[number & 63] = (number, str(number))
        for _ in range(50):
            (self._numbers * 2 + 1).sum()

    def at_reference(self, ms: list[float], looks: list[int]) -> np.ndarray:
        """About what these costs would have been at the reference pace, ms; each was taken right after one look."""
        padded = np.pad(np.array(self._took), AROUND // 2, mode="edge")
        around = np.median(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1)
        return np.asarray(ms, float) * REFERENCE_S / around[np.asarray(looks, np.intp)]

    def times_reference(self) -> float:
        """How many times as long as at the reference pace the piece of work took, the median of all looks."""
        return float(np.median(self._took)) / REFERENCE_S
