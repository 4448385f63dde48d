"""Small vectorised tools: growable columns and runs of equal values."""

from typing import Any, NamedTuple

import numpy as np

from engine.model.growing import Growing


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


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """All of `range(start, start + count)` one after another, int64."""
    ends = np.cumsum(counts)
    found = np.repeat(starts - ends + counts, counts)
    found += np.arange(len(found))
    return found


def distinct(values: np.ndarray) -> np.ndarray:
    """The values in ascending order, each once. What `np.unique` finds, but that loads masked arrays first: 10 ms."""
    ordered = np.sort(values, axis=None)
    return ordered[np.flatnonzero(np.concatenate([ordered[:1] == ordered[:1], ordered[1:] != ordered[:-1]]))]


class Runs(NamedTuple):
    """Runs of equal neighbours: value, index of the first, length of each."""

    values: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray


def runs(values: np.ndarray) -> Runs:
    """The runs of a non-empty array."""
    change = np.empty(len(values) + 1, bool)
    change[0] = change[-1] = True
    np.not_equal(values[1:], values[:-1], out=change[1:-1])
    bounds = np.flatnonzero(change)
    firsts = bounds[:-1]
    return Runs(values[firsts], firsts, np.diff(bounds))


class Table:
    """Rows of a structured dtype, appended in batches."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._rows = Growing(dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> np.ndarray:
        """All rows, in the order in which they came. Let go of it before the next append, which else copies all."""
        return self._rows.rows[: self._count]

    def append(self, rows: np.ndarray) -> None:
        """Adds rows."""
        count = self._count + len(rows)
        self._rows.reserve(count)[self._count : count] = rows
        self._count = count
