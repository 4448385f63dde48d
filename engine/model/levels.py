"""One value for every lane and bucket of time: the storage of a zoom level."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.model.growing import Growing

LANES = 64  # of a part that is read at once
WIDEST = 256  # lanes of a group
MOST_LANES = 1 << 20
LONG_RUN = 512  # buckets; a longer one is filled by itself
LONG_JOINED = 192  # buckets that follow one another, on average: then each lane's are filled by themselves
# Groups begin at these lanes: the first ones are small, later ones fewer, so that neither few lanes waste room nor many
# make work.
BOUNDS = np.array([0, LANES, 2 * LANES, *range(WIDEST, MOST_LANES + 1, WIDEST)])


class Level:
    """Values of buckets, 0 where none was put.

    Lanes stand in groups; in a group the values of one bucket stand side by side. So time grows at the end, new lanes
    touch nothing that is there, and a column of a view is one short piece of memory.
    """

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._groups: list[Growing] = []

    def put(
        self, lanes: np.ndarray, buckets: np.ndarray, counts: np.ndarray, values: np.ndarray, others: np.ndarray
    ) -> None:
        """Sets runs of buckets: of each the first one to its value, those after it (`counts` - 1) to `others`.

        Runs are sorted by lane and bucket, and don't overlap.
        """
        if not len(lanes):
            return
        if int(counts.max()) > LONG_RUN:
            long = counts > LONG_RUN
            for lane, bucket, count, value in zip(
                *(part[long].tolist() for part in (lanes, buckets, counts, others)), strict=True
            ):
                group = int(np.searchsorted(BOUNDS, lane, "right")) - 1
                self._room(group, bucket + count)[bucket + 1 : bucket + count, lane - BOUNDS[group]] = value
            counts = np.where(long, 1, counts)
        # Most runs begin where the one before ends: places are found for all of those together.
        ends, stops = buckets + counts, np.cumsum(counts)
        first, total = stops - counts, int(stops[-1])
        apart = (lanes[1:] != lanes[:-1]) | (buckets[1:] != ends[:-1])
        heads = np.concatenate([[0], np.flatnonzero(apart) + 1])
        words = values
        if total > len(values):
            words = np.repeat(others, counts)
            words[first] = values
        self.put_runs(lanes[heads], buckets[heads], np.diff(first[heads], append=total), words)

    def put_runs(self, lanes: np.ndarray, buckets: np.ndarray, counts: np.ndarray, words: np.ndarray) -> None:
        """Sets runs of buckets (as `put` takes them) to these values, one run after another."""
        stops = np.cumsum(counts)
        for group, some in _split(lanes):
            slots, begins, lengths = lanes[some] - BOUNDS[group], buckets[some], counts[some]
            low, high = int(stops[some.start]) - int(lengths[0]), int(stops[some.stop - 1])
            rows = self._room(group, int((begins + lengths).max()))
            if high - low > LONG_JOINED * len(slots):
                for slot, begin, length in zip(slots.tolist(), begins.tolist(), lengths.tolist(), strict=True):
                    rows[begin : begin + length, slot] = words[low : low + length]
                    low += length
                continue
            width = rows.shape[1]
            origins = begins - (stops[some] - lengths)
            places = np.repeat(origins * width + slots, lengths)
            places += np.arange(low * width, high * width, width)
            rows.reshape(-1)[places] = words[low:high]

    def columns(self, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
        """Values of these buckets (in order) of the lanes of one part (see `parts`): (len(buckets), len(lanes))."""
        rows, slots = self._part(int(lanes[0])), lanes % LANES
        begin, stop = np.searchsorted(buckets, [0, len(rows)])
        found = np.asarray(rows[buckets[begin:stop]])  # `take` would copy a whole group
        if len(lanes) < LANES or (np.diff(slots) != 1).any():
            found = np.take(found, slots, axis=1)
        if len(found) == len(buckets):
            return found
        result = np.zeros((len(buckets), len(lanes)), self._dtype)
        result[begin:stop] = found
        return result

    def cells(self, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
        """The value of one bucket of each lane."""
        found = np.zeros(len(lanes), self._dtype)
        groups = np.searchsorted(BOUNDS, lanes, "right") - 1
        for group in range(min(int(groups.max()) + 1, len(self._groups))):
            rows = self._groups[group].rows
            some = np.flatnonzero((groups == group) & (buckets >= 0) & (buckets < len(rows)))
            found[some] = rows[buckets[some], lanes[some] - BOUNDS[group]]
        return found

    def of_lane(self, lane: int, low: int, high: int) -> np.ndarray:
        """The lane's buckets from low to high (exclusive), as far as there is room for them: a view."""
        return np.asarray(self._part(lane)[low : max(high, low), lane % LANES])

    def _part(self, lane: int) -> np.ndarray:
        """The values of the LANES lanes among which this one is: (buckets, LANES)."""
        group = int(np.searchsorted(BOUNDS, lane, "right")) - 1
        if group >= len(self._groups):
            return np.zeros((0, LANES), self._dtype)
        first = lane // LANES * LANES - int(BOUNDS[group])
        return self._groups[group].rows[:, first : first + LANES]

    def _room(self, group: int, buckets: int) -> np.ndarray:
        """A group's values, with room for so many buckets."""
        while group >= len(self._groups):
            width = int(BOUNDS[len(self._groups) + 1] - BOUNDS[len(self._groups)])
            self._groups.append(Growing(self._dtype, (width,)))
        return self._groups[group].reserve(buckets)


def _split(lanes: np.ndarray) -> Iterator[tuple[int, slice]]:
    """The groups of sorted lanes, and where theirs stand."""
    if not len(lanes):
        return
    first, last = (np.searchsorted(BOUNDS, lanes[[0, -1]], "right") - 1).tolist()
    cuts = np.searchsorted(lanes, BOUNDS[first : last + 2]).tolist()
    for number, (begin, stop) in enumerate(itertools.pairwise(cuts)):
        if stop > begin:
            yield first + number, slice(begin, stop)


def parts(lanes: np.ndarray) -> Iterator[tuple[np.ndarray, slice | np.ndarray]]:
    """The lanes (in any order) in parts that `Level.columns` can answer, with where they stand."""
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
