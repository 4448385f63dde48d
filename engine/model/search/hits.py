"""Hits and how to go through them: by time, by lane, as columns of pixels."""

from enum import Enum
from typing import NamedTuple

import numpy as np

from engine.model.columns import distinct
from engine.model.search.tracks import Spread, Track

NO_LANE = -1  # of a bookmark that stands for the whole recording


class Kind(Enum):
    """What a hit is; of hits that begin at one time on one lane, the order in which they are stepped through."""

    LANE = 0
    MARK = 1
    HOLD = 2
    TASK = 3
    STATE = 4


class Hit(NamedTuple):
    """One hit; an instant has start_ns == end_ns. Hits are stepped through in this order."""

    start_ns: int
    lane: int  # NO_LANE: a bookmark of no lane
    kind: Kind
    number: int  # among the hits of its kind on its lane
    end_ns: int


class Hits:
    """All hits, in one track for each kind and lane."""

    def __init__(self, origin_ns: int) -> None:
        self.tracks: dict[tuple[Kind, int], Track] = {}
        self._spread = Spread(origin_ns)
        self.version = 0  # grows with every change

    def __len__(self) -> int:
        return sum(map(len, self.tracks.values()))

    def add(self, kind: Kind, lane: int, starts: np.ndarray, ends: np.ndarray) -> None:
        if len(starts):
            self.version += 1
            self.tracks.setdefault((kind, lane), Track()).append(starts, ends)
            self._spread.add(starts)

    def set_open(self, kind: Kind, lane: int, starts: np.ndarray, ends: np.ndarray) -> None:
        if len(starts) or (kind, lane) in self.tracks:
            self.version += 1
            self.tracks.setdefault((kind, lane), Track()).set_open(starts, ends)

    def after(self, hit: Hit | None, time_ns: float = 0) -> Hit | None:
        """The hit after this one; without one, the first that begins at the time or later."""
        found = []
        for (kind, lane), track in self.tracks.items():
            if hit is None:
                index = int(track.starts.searchsorted(np.int64(time_ns)))
            else:
                index = self._place(track, kind, lane, hit)
                index += (kind, lane) == (hit.kind, hit.lane)
            if index < len(track):
                found.append(self._hit(track, kind, lane, index))
        return min(found, key=_order, default=None)

    def before(self, hit: Hit) -> Hit | None:
        """The hit before this one."""
        found = []
        for (kind, lane), track in self.tracks.items():
            index = self._place(track, kind, lane, hit) - 1
            if index >= 0:
                found.append(self._hit(track, kind, lane, index))
        return max(found, key=_order, default=None)

    def first(self) -> Hit | None:
        """The first hit."""
        return min(
            (self._hit(track, *key, 0) for key, track in self.tracks.items() if len(track)), key=_order, default=None
        )

    def last(self) -> Hit | None:
        """The last hit."""
        ends = [self._hit(track, *key, len(track) - 1) for key, track in self.tracks.items() if len(track)]
        return max(ends, key=_order, default=None)

    def ordinal(self, hit: Hit) -> int:
        """The hit's number, from 1."""
        return 1 + sum(self._place(track, *key, hit) for key, track in self.tracks.items())

    def times(self) -> np.ndarray:
        """Where in the recording hits are, for the overview: ns, one for each of some 2000 parts that hold any."""
        opened = [track.starts[-1:] for track in self.tracks.values() if len(track)]
        return distinct(np.concatenate([self._spread.times(), *opened]))

    def columns(self, lane: int, start_ns: float, ns_per_column: float, columns: int) -> np.ndarray | None:
        """True in every column that a hit of the lane touches: bool (columns,). None where there is none."""
        found: np.ndarray | None = None
        for kind in (Kind.MARK, Kind.HOLD, Kind.TASK, Kind.STATE):
            track = self.tracks.get((kind, lane))
            if track is not None and len(track):
                touched = track.columns(start_ns, ns_per_column, columns)
                found = touched if found is None else found | touched
        return found

    def _place(self, track: Track, kind: Kind, lane: int, hit: Hit) -> int:
        """How many of a track's hits come before this one."""
        if (kind, lane) == (hit.kind, hit.lane):
            return min(hit.number, len(track))
        later = (lane, kind.value) > (hit.lane, hit.kind.value)
        return int(track.starts.searchsorted(np.int64(hit.start_ns), "left" if later else "right"))

    @staticmethod
    def _hit(track: Track, kind: Kind, lane: int, index: int) -> Hit:
        start, end = track.span(index)
        return Hit(start, lane, kind, index, end)


def _order(hit: Hit) -> tuple[int, int, int, int]:
    return hit.start_ns, hit.lane, hit.kind.value, hit.number
