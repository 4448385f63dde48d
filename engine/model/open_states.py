"""How lanes go on after their last closed slice: open states, ends of lanes, waits found to be deadlocked.

Times are ns since the recording's start.
"""

from collections.abc import Sequence

import numpy as np

from engine.model.columns import Runs
from engine.model.slice_pages import SlicePages
from engine.recording.schema import DEADLOCKED, STATE_MASK, State

ALIVE = np.iinfo(np.int64).max
WAITS = (State.WAIT, State.LOCK_WAIT)
IO_WAITS = (*WAITS, State.IO)  # of who waits where others act by way of the system: at a pipe, in an event loop


class OpenStates:
    """What is known of each lane beyond its closed slices.

    Invariant: a lane's closed slices end at `last_end`; from there to the watermark (or the lane's end) it is in its
    open state, or in an unknown one when no open state is known from there on.
    """

    def __init__(self, pages: SlicePages) -> None:
        self.watermark = 0
        self.end = np.zeros(0, np.int64)  # of the lane; ALIVE
        self._pages = pages
        self._since = np.zeros(0, np.int64)
        self._code = np.zeros(0, np.uint8)
        self._detail = np.zeros(0, np.int64)
        # Lane → times at which its wait was part of a deadlock, and what states count as one.
        self._marks: dict[int, dict[int, Sequence[State]]] = {}

    def add_lanes(self, count: int) -> None:
        """Adds lanes of which nothing is known."""
        self.end = np.concatenate([self.end, np.full(count, ALIVE)])
        self._since = np.concatenate([self._since, np.full(count, -1)])
        self._code = np.concatenate([self._code, np.zeros(count, np.uint8)])
        self._detail = np.concatenate([self._detail, np.zeros(count, np.int64)])

    def set(self, lanes: np.ndarray, since: np.ndarray, codes: np.ndarray, details: np.ndarray) -> None:
        """Open states; a later one of a lane replaces an earlier one."""
        self._since[lanes], self._code[lanes], self._detail[lanes] = since, codes, details

    @property
    def living(self) -> np.ndarray:
        """Lanes that have not ended."""
        return np.flatnonzero(self.end == ALIVE)

    def has_mark(self, lane: int, time: int) -> bool:
        """Whether this mark is waiting for its slice."""
        return time in self._marks.get(lane, ())

    def mark(self, lane: int, time: int, waits: Sequence[State]) -> None:
        """The lane's wait (one of these states) at this time, or the next one, is part of a deadlock; it is not closed
        yet.
        """
        self._marks.setdefault(lane, {})[time] = waits

    def marked(self, lane_runs: Runs, ends: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The codes, with the waits flagged that deadlock marks stand for."""
        if not self._marks:
            return codes
        codes = codes.copy()
        for lane in set(self._marks) & set(lane_runs.values.tolist()):
            index = int(np.searchsorted(lane_runs.values, lane))
            first, count = int(lane_runs.firsts[index]), int(lane_runs.counts[index])
            for time, waits in sorted(self._marks[lane].items()):
                at = first + int(np.searchsorted(ends[first : first + count], time, "right"))
                while at < first + count and codes[at] & STATE_MASK not in waits:
                    at += 1
                if at < first + count:
                    codes[at] |= DEADLOCKED
                    del self._marks[lane][time]
        return codes

    def of(self, lanes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Start, end, code and detail of what follows each lane's closed slices; start == end: nothing."""
        start = self._pages.last_end[lanes]
        end = np.maximum(np.minimum(self.end[lanes], self.watermark), start)
        known = self._since[lanes] >= start
        code = np.where(known, self._code[lanes], np.uint8(State.UNKNOWN))
        detail = np.where(known, self._detail[lanes], 0)
        for lane, marks in self._marks.items():
            for time, waits in marks.items():
                code[(lanes == lane) & np.isin(code & STATE_MASK, waits) & (end > time)] |= DEADLOCKED
        return start, end, code.astype(np.uint8), detail

    def of_lane(self, lane: int) -> tuple[int, int, int, int]:
        """`of` one lane."""
        start = int(self._pages.last_end[lane])
        end = max(min(int(self.end[lane]), self.watermark), start)
        known = self._since[lane] >= start
        code, detail = (int(self._code[lane]), int(self._detail[lane])) if known else (int(State.UNKNOWN), 0)
        marks = self._marks.get(lane, {})
        if any(code & STATE_MASK in waits and end > time for time, waits in marks.items()):
            code |= DEADLOCKED
        return start, end, code, detail
