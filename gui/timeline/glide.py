"""How far a live recording has got between two commits: its end goes on with the clock, instead of in jumps."""

import math
import time
from collections.abc import Callable

SHARE = 0.2  # of what a commit came early or late that is believed
LONGEST_S = 0.25  # beyond what is known
SNAP_S = 0.5  # off by more: begin anew


class Glide:
    """The end to show, in the recording's time (ns). It never goes back while the recording grows steadily.

    It is never ahead of what is known by more than the time between commits, of which two must have come; it may be
    a little behind when a commit comes early.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Another recording."""
        self._known_ns: int | None = None
        self._arrived_s = 0.0
        self._apart_s = 0.0  # between commits
        self._behind_ns = 0.0  # the recording's time is the clock's minus this
        self._shown_ns = 0.0

    def end_ns(self, known_ns: int, most_ns: float = math.inf) -> float:
        """The end to show now, when the recording is known up to `known_ns`; at most so far beyond that."""
        now = self._clock()
        if known_ns != self._known_ns:
            self._arrive(known_ns, now)
        ahead = min(min(self._apart_s, LONGEST_S) * 1e9, most_ns)
        end = min(now * 1e9 - self._behind_ns, known_ns + ahead)
        self._shown_ns = max(end, self._shown_ns)
        return self._shown_ns

    def _arrive(self, known_ns: int, now: float) -> None:
        behind = now * 1e9 - known_ns
        off = behind - self._behind_ns
        if self._known_ns is None or abs(off) > SNAP_S * 1e9:
            self._apart_s = 0.0
            self._behind_ns, self._shown_ns = behind, float(known_ns)
        else:
            self._apart_s = max(now - self._arrived_s, self._apart_s * (1 - SHARE))
            self._behind_ns += off * SHARE
        self._known_ns, self._arrived_s = known_ns, now
