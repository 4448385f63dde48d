"""How fast the machine is from moment to moment: a shared one may run at half its speed, for seconds or for days."""

import time

import numpy as np

REFERENCE_S = 0.00025  # what the piece of work takes on the machine whose milliseconds figures are given in
AROUND = 5  # looks whose median tells the pace at the middle one


class Pace:
    """Thread CPU time of one small piece of work that never changes, taken again and again."""

    def __init__(self) -> None:
        self._numbers = np.arange(500.0)
        self._took: list[float] = []

    def look(self) -> int:
        """Does the piece of work; returns the number of this look, from 0."""
        begun = time.thread_time()
        kept = {}
        for number in range(800):
            kept[number & 63] = (number, str(number))
        for _ in range(50):
            (self._numbers * 2 + 1).sum()
        self._took.append(time.thread_time() - begun)
        return len(self._took) - 1

    def at_reference(self, ms: list[float], looks: list[int]) -> np.ndarray:
        """What these costs would have been at the reference pace, ms; each was taken right before one of the looks.

        The piece of work stays in the processor's caches. What does not slows down more than it when others use the
        machine, so these figures are rather too great than too small.
        """
        padded = np.pad(np.array(self._took), AROUND // 2, mode="edge")
        around = np.median(np.lib.stride_tricks.sliding_window_view(padded, AROUND), axis=1)
        return np.asarray(ms, float) * REFERENCE_S / around[np.asarray(looks, np.intp)]

    def times_reference(self) -> float:
        """How many times as long as at the reference pace the piece of work took, the median of all looks."""
        return float(np.median(self._took)) / REFERENCE_S
