"""All buckets of some lanes side by side, those within one slice too: so a level follows from the next finer one by
adding neighbours, with nothing to look up. Worth it where not much lies between the buckets in which something changes.
Times are ns since the recording's start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.model.columns import ranges
from engine.model.lift import Rows
from engine.model.summary import CERTAINTY, NARROW, SEVERITY, Summary
from engine.recording.schema import STATE_MASK

CELLS_PER_ROW = 3  # more than that is quicker to do row by row
HALVINGS = 3  # between two times that cells are laid out anew
Carried = list[tuple[np.ndarray, Summary]]


@dataclass
class Cells:
    """Buckets of one level, lane after lane, without gaps.

    Invariants: a lane's cells begin and end at a multiple of 2^halvings, and hold its bucket of the time up to which
    it was lifted before (`low`), that of the time up to which it is lifted now (`high`, which is still open), and all
    between. What is in none of these is empty.
    """

    lane: np.ndarray  # index among the batch's lanes
    first: np.ndarray  # bucket of the lane's first cell
    counts: np.ndarray
    known: Summary
    halvings: int

    @classmethod
    def of(cls, k: int, rows: Rows, before: np.ndarray, after: np.ndarray) -> "Cells | None":
        """The mixed buckets of some lanes at level k, and what is between; None: too much is. Lanes of the batch were
        lifted up to `before` and are now up to `after`."""
        lanes = rows.lane[np.flatnonzero(np.diff(rows.lane, prepend=-1))]
        low, high = before[lanes] >> k, after[lanes] >> k
        if int((high - low).sum()) > CELLS_PER_ROW * len(rows.lane):
            return None
        cells = cls._laid_out(lanes, low, high, rows.known.times.dtype)
        place = cells._place(np.searchsorted(lanes, rows.lane), rows.bucket)
        cells.known.put(place, rows.known)
        between = np.diff(place, append=place[-1:] + 1) - 1
        between[np.flatnonzero(np.diff(rows.lane))] = 0
        inside = ranges(place + 1, between)
        codes = np.repeat(rows.last_code, between)
        cells.known.times.reshape(-1)[(codes & STATE_MASK) * np.int64(len(cells.known.worst)) + inside] = 1 << k
        cells.known.worst[inside] = codes & np.uint8(SEVERITY)
        cells.known.flags[inside] = codes & np.uint8(CERTAINTY)
        return cells

    @classmethod
    def _laid_out(cls, lanes: np.ndarray, low: np.ndarray, high: np.ndarray, dtype: np.dtype[Any]) -> "Cells":
        """Empty cells for buckets low to high of each lane."""
        first = (low >> HALVINGS) << HALVINGS
        counts = (((high >> HALVINGS) + 1) << HALVINGS) - first
        return cls(lanes, first, counts, Summary.empty(int(counts.sum()), dtype), HALVINGS)

    def _place(self, run: np.ndarray | slice, bucket: np.ndarray) -> np.ndarray:
        """Where buckets of these lanes (by their order here) stand among the cells."""
        return np.asarray((np.cumsum(self.counts) - self.counts - self.first)[run] + bucket)

    @classmethod
    def one(cls, parts: "list[Cells]") -> "Cells":
        """Those of all parts, of lanes that follow one another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.lane for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.counts for part in parts]),
            Summary.one([part.known for part in parts]),
            parts[0].halvings,
        )

    @classmethod
    def joined(cls, parts: "list[Cells]", most: int) -> "Iterator[Cells]":
        """These cells, the small parts among them as one of about `most` cells at the most."""
        some: list[Cells] = []
        count = 0
        for part in parts:
            length = len(part.known.worst)
            if some and (count + length > most or part.halvings != some[0].halvings):
                yield cls.one(some)
                some, count = [], 0
            some.append(part)
            count += length
        if some:
            yield cls.one(some)

    def complete(
        self, k: int, before: np.ndarray, after: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The buckets that are complete now: per lane its index, the first one and how many; and the words of all."""
        low, high = before[self.lane] >> k, after[self.lane] >> k
        return self.lane, low, high - low, self.known.words().take(ranges(self._place(slice(None), low), high - low))

    def parents(
        self, k: int, lanes: np.ndarray, open_above: Summary, before: np.ndarray, after: np.ndarray
    ) -> "tuple[Cells, Carried]":
        """The cells of level k + 1, and what is carried on there, for lanes; see `lift.parents`."""
        low, high = before[self.lane] >> k, after[self.lane] >> k
        if not self.halvings:
            former, cells = self, Cells._laid_out(self.lane, low, high, self.known.times.dtype)
            length = high - low + 1
            cells.known.put(
                ranges(cells._place(slice(None), low), length),
                former.known.take(ranges(former._place(slice(None), low), length)),
            )
            return cells.parents(k, lanes, open_above, before, after)
        # The complete left half of what was open stands left of the first bucket that may have changed.
        right = np.flatnonzero(low & 1)
        self.known.put(self._place(right, low[right] - 1), open_above.take(lanes[self.lane[right]]))
        right = np.flatnonzero(high & 1)
        carried = [(lanes[self.lane[right]], self.known.take(self._place(right, high[right] - 1)))]
        known = self.known.halved()
        if k == NARROW:
            known.times = known.times.astype(np.int64)
        return Cells(self.lane, self.first >> 1, self.counts >> 1, known, self.halvings - 1), carried
