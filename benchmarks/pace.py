"""How fast the machine is from moment to moment: a shared machine may run at half its speed for seconds."""

import time

import numpy as np

SLOWED = 1.25  # times what the piece of work takes when nothing is in its way
AT_BEST = 10  # per cent of the looks that are taken for undisturbed


class Pace:
    """Thread CPU time of one small piece of work that never changes, taken again and again."""

    def __init__(self) -> None:
        self._numbers = np.arange(500.0)
        self._took: list[float] = []

    def look(self) -> int:
        """Does the piece of work (about a quarter of a millisecond); returns the number of this look, from 0."""
        begun = time.thread_time()
        kept = {}
        for number in range(800):
            kept[number & 63] = (number, str(number))
        for _ in range(50):
            (self._numbers * 2 + 1).sum()
        self._took.append(time.thread_time() - begun)
        return len(self._took) - 1

    def slowed(self, looks: list[int]) -> np.ndarray:
        """Whether the machine was slow at both of two looks: this one and the one before (bool per look)."""
        took = np.array(self._took)
        slow = took > SLOWED * np.percentile(took, AT_BEST)
        return np.asarray([bool(slow[max(look - 1, 0) : look + 1].all()) for look in looks])
