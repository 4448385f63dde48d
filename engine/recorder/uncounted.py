"""Depths of queues that nobody can look into: of what was put into them and got out of them so far."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from engine.tracer import layout


class Uncounted:
    """Counts for one run. What two processes have told at different times may be counted late, but is counted."""

    def __init__(self) -> None:
        self._items: dict[int, int] = defaultdict(int)  # by primitive; an item may be got before its put is told of

    def counted(self, rows: NDArray[np.void]) -> NDArray[np.void]:
        """The same DEPTHS rows, in order of time, with the depths that are not known filled in."""
        for number in np.flatnonzero(rows["depth"] == layout.DEPTH_UNCOUNTED).tolist():
            primitive = int(rows["primitive"][number])
            self._items[primitive] += 1 if rows["operation"][number] == layout.QUEUE_PUT else -1
            rows["depth"][number] = max(self._items[primitive], 0)
        return rows
