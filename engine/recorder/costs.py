"""What recording costs the traced program: an estimate, from the records it wrote."""

import numpy as np
from numpy.typing import NDArray

from engine.tracer import layout

# What a recorded cycle of a lock costs more than a raw one, in ns by Python's minor version (the last: and later ones),
# and what other records cost in proportion: as benchmarks/lock_cycle.py measured it on one machine.
HOLD_NS = {11: 630, 12: 690, 13: 670, 14: 470}
FREE_THREADED = 1.8
WEIGHTS = np.full(64, 2.2)
WEIGHTS[layout.HOLD] = 1.0
WEIGHTS[layout.WAIT] = 4.2


def cost_ns(kinds: NDArray[np.uint16], python: int, *, free_threaded: bool) -> int:
    """CPU time that records of these kinds cost a process; `python` is its `sys.hexversion`."""
    minor = min(max(python >> 16 & 0xFF, min(HOLD_NS)), max(HOLD_NS))
    hold_ns = HOLD_NS[minor] * (FREE_THREADED if free_threaded else 1.0)
    return int(hold_ns * WEIGHTS[np.minimum(kinds, len(WEIGHTS) - 1)].sum())
