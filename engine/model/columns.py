"""Small vectorised tools: growable columns and runs of equal values."""

import mmap
from typing import Any, NamedTuple

import numpy as np


def grown(array: np.ndarray, length: int, fill: int = 0) -> np.ndarray:
    """The array, or a copy with room for at least `length` rows (half as many again), new rows filled."""
    if length <= len(array):
        return array
    capacity = max(length, len(array) + len(array) // 2, 64)
    wider = np.zeros((capacity, *array.shape[1:]), array.dtype)
    wider[: len(array)] = array
    if fill:
        wider[len(array) :] = fill
    return wider


def roomy(shape: tuple[int, int]) -> np.ndarray:
    """Zeros (u8) that take memory only where they are written, page by page.

    A large array of numpy's own comes in huge pages, and clearing those can hold up a frame for tens of milliseconds.
    """
    size = shape[0] * shape[1]
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), np.uint8, size).reshape(shape)


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """All of `range(start, start + count)` one after another, int64."""
    total = int(counts.sum())
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(total)


class Runs(NamedTuple):
    """Runs of equal neighbours: value, index of the first, length of each."""

    values: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray


def runs(values: np.ndarray) -> Runs:
    """The runs of a non-empty array."""
    firsts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return Runs(values[firsts], firsts, np.diff(np.append(firsts, len(values))))


def gathered(source: np.ndarray, lanes: np.ndarray, buckets: np.ndarray) -> np.ndarray:
    """source[lanes][:, buckets] (buckets in order), 0 for what is not there."""
    have_lanes, have = source.shape
    begin, stop = np.searchsorted(buckets, [0, have])
    result = np.zeros((len(lanes), len(buckets)), np.uint8)
    rows = np.flatnonzero(lanes < have_lanes)
    if stop <= begin or not len(rows):
        return result
    low, high = int(buckets[begin]), int(buckets[stop - 1]) + 1
    if len(lanes) == lanes[-1] - lanes[0] + 1 and (np.diff(lanes) == 1).all():
        part = source[lanes[0] : lanes[-1] + 1, low:high]  # neighbours need no copy
    else:
        part = np.take(source[:, low:high], lanes[rows], axis=0)
    taken: np.ndarray = np.take(part, buckets[begin:stop] - low, axis=1)
    if taken.shape == result.shape:
        return taken
    result[rows, begin:stop] = taken
    return result


class Table:
    """Rows of a structured dtype, appended in batches."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._rows = np.zeros(0, dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> np.ndarray:
        """All rows, in the order in which they came. Valid until the next append."""
        return self._rows[: self._count]

    def append(self, rows: np.ndarray) -> None:
        """Adds rows."""
        count = self._count + len(rows)
        self._rows = grown(self._rows, count)
        self._rows[self._count : count] = rows
        self._count = count
