"""One value for every lane and bucket of time: the storage of a zoom level."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.model.columns import ranges
from engine.model.growing import Growing

LANES = 64  # of a group
LONG_SPAN = 512  # buckets from which on a span is filled by itself


class Level:
    """Values of buckets, 0 where none was put.

    Lanes stand in groups of LANES; in a group the values of one bucket stand side by side. So time grows at the end,
    new lanes touch nothing that is there, and a column of a view is one short piece of memory.
    """

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._groups: list[Growing] = []

    def put(self, lanes: np.ndarray, buckets: np.ndarray, values: np.ndarray) -> None:
        """Sets single buckets; lanes are sorted."""
        for group, some in self._split(lanes):
            rows = self.room(group, int(buckets[some].max()) + 1)
            rows.reshape(-1)[buckets[some] * LANES + lanes[some] % LANES] = values[some]

    def fill(self, lanes: np.ndarray, low: np.ndarray, high: np.ndarray, values: np.ndarray) -> None:
        """Sets the buckets from low to high (exclusive) of each lane; lanes are sorted."""
        for group, some in self._split(lanes):
            begin, length = low[some], high[some] - low[some]
            rows = self.room(group, int(high[some].max()))
            slots, kept = lanes[some] % LANES, values[some]
            short = length < LONG_SPAN
            if not short.all():
                for index in np.flatnonzero(~short).tolist():
                    rows[begin[index] : begin[index] + length[index], slots[index]] = kept[index]
                begin, length, slots, kept = begin[short], length[short], slots[short], kept[short]
            places = ranges(begin, length) * LANES + np.repeat(slots, length)
            rows.reshape(-1)[places] = np.repeat(kept, length)

    def columns(self, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
        """Values of these buckets (in order) of lanes of one group: (len(buckets), len(lanes))."""
        group = int(lanes[0]) // LANES
        rows = self._groups[group].rows if group < len(self._groups) else np.zeros((0, LANES), self._dtype)
        begin, stop = np.searchsorted(buckets, [0, len(rows)])
        slots = lanes % LANES
        found: np.ndarray = np.take(rows, buckets[begin:stop], axis=0)
        if len(lanes) < LANES or (np.diff(slots) != 1).any():
            found = np.take(found, slots, axis=1)
        if len(found) == len(buckets):
            return found
        result = np.zeros((len(buckets), len(lanes)), self._dtype)
        result[begin:stop] = found
        return result

    def of_lane(self, lane: int, low: int, high: int) -> np.ndarray:
        """The lane's buckets from low to high (exclusive), as far as there is room for them: a view."""
        group = lane // LANES
        rows = self._groups[group].rows if group < len(self._groups) else np.zeros((0, LANES), self._dtype)
        return np.asarray(rows[low : max(high, low), lane % LANES])

    def room(self, group: int, buckets: int) -> np.ndarray:
        """A group's values, with room for so many buckets: a view."""
        while group >= len(self._groups):
            self._groups.append(Growing(self._dtype, (LANES,)))
        return self._groups[group].reserve(buckets)

    @staticmethod
    def _split(lanes: np.ndarray) -> Iterator[tuple[int, slice]]:
        if not len(lanes):
            return
        first, last = int(lanes[0]) // LANES, int(lanes[-1]) // LANES
        cuts = np.searchsorted(lanes, np.arange(first, last + 2) * LANES).tolist()
        for number, (begin, stop) in enumerate(itertools.pairwise(cuts)):
            if stop > begin:
                yield first + number, slice(begin, stop)


def by_group(lanes: np.ndarray) -> Iterator[tuple[np.ndarray, slice | np.ndarray]]:
    """The lanes (in any order) in parts of one group each, with where they stand."""
    if not len(lanes):
        return
    groups = lanes // LANES
    order = None
    if (np.diff(groups) < 0).any():
        order = np.argsort(groups, kind="stable")
        groups = groups[order]
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(groups)) + 1, [len(lanes)]]).tolist()
    for begin, stop in itertools.pairwise(cuts):
        where = slice(begin, stop) if order is None else order[begin:stop]
        yield lanes[where], where
