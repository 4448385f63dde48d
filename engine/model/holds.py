"""Who held which lock when. Times are absolute ns."""

import numpy as np

from engine.model.columns import Table
from engine.model.entities import Hold
from engine.recording.schema import HOLD_ROW


class HoldStore:
    """All hold slices, closed and open ones. Open holds end at the watermark in every answer."""

    def __init__(self) -> None:
        self._table = Table(HOLD_ROW)
        self._open: dict[tuple[int, int], tuple[int, int]] = {}  # lane, primitive → since, site
        self._watermark = 0
        self._by_primitive: _Index | None = None
        self._by_lane: _Index | None = None

    def __len__(self) -> int:
        return len(self._table)

    @property
    def rows(self) -> np.ndarray:
        """All closed holds (HOLD_ROW) in the order in which they came."""
        return self._table.rows

    def append(self, rows: np.ndarray) -> None:
        """Adds closed holds (HOLD_ROW)."""
        self._table.append(rows)
        self._by_primitive = self._by_lane = None

    def set_open(self, rows: np.ndarray) -> None:
        """What is held now (OPEN_HOLD_ROW); since 0: no longer."""
        for lane, primitive, since, site in rows.tolist():
            if since:
                self._open[lane, primitive] = since, site
            else:
                self._open.pop((lane, primitive), None)

    def advance(self, watermark_ns: int) -> None:
        """Everything up to here is known."""
        self._watermark = max(self._watermark, watermark_ns)

    def open(self) -> list[Hold]:
        """What is held now."""
        return [
            Hold(lane, primitive, since, max(self._watermark, since), site, True)
            for (lane, primitive), (since, site) in self._open.items()
        ]

    def holder_at(self, primitive: int, time_ns: int) -> Hold | None:
        """The hold of a primitive that covers this time."""
        covering = [hold for hold in self.of_primitive(primitive, time_ns, time_ns + 1) if hold.start_ns <= time_ns]
        return covering[-1] if covering else None

    def of_primitive(self, primitive: int, start_ns: int, end_ns: int) -> list[Hold]:
        """All holds of a primitive that overlap a span, by start."""
        if self._by_primitive is None:
            self._by_primitive = _Index(self._table.rows, "primitive")
        return self._found(
            self._by_primitive.overlapping(primitive, start_ns, end_ns), start_ns, end_ns, primitive, None
        )

    def of_lane(self, lane: int, start_ns: int, end_ns: int) -> list[Hold]:
        """All holds of a lane that overlap a span, by start."""
        if self._by_lane is None:
            self._by_lane = _Index(self._table.rows, "lane")
        return self._found(self._by_lane.overlapping(lane, start_ns, end_ns), start_ns, end_ns, None, lane)

    def _found(
        self, rows: np.ndarray, start_ns: int, end_ns: int, primitive: int | None, lane: int | None
    ) -> list[Hold]:
        found = [
            Hold(lane, primitive, start, end, site, False) for lane, primitive, start, end, site, _ in rows.tolist()
        ]
        found += [
            hold
            for hold in self.open()
            if (primitive is None or hold.primitive == primitive)
            and (lane is None or hold.lane == lane)
            and hold.start_ns < end_ns
            and hold.end_ns >= start_ns
        ]
        return sorted(found, key=lambda hold: (hold.start_ns, hold.end_ns))


class _Index:
    """Rows sorted by a key and then their start, with the highest end so far, for searches by overlap."""

    def __init__(self, rows: np.ndarray, key: str) -> None:
        order = np.lexsort((rows["start"], rows[key]))
        self._rows = rows[order]
        self._keys = np.ascontiguousarray(self._rows[key])
        self._starts = self._rows["start"].astype(np.int64)
        self._ends = self._rows["end"].astype(np.int64)

    def overlapping(self, key: int, start_ns: int, end_ns: int) -> np.ndarray:
        """Rows with this key that overlap the span."""
        low, high = np.searchsorted(self._keys, np.array([key, key + 1], self._keys.dtype))
        high = low + int(np.searchsorted(self._starts[low:high], end_ns))
        highest = np.maximum.accumulate(self._ends[low:high])
        low += int(np.searchsorted(highest, start_ns, "right"))
        part = slice(low, high)
        return self._rows[part][self._ends[part] > start_ns]
