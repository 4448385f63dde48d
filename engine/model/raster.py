"""Exact reduction of slices to columns, for zooms at which a column is finer than the pyramid."""

import numpy as np

from engine.model.columns import ranges
from engine.model.pyramid import CERTAINTY, SEVERITY, STATES, dominant_of
from engine.recording.schema import STATE_MASK

MERGED = 0x80


def column_edges(start: float, ns_per_column: float, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Left and right edge of each column in whole ns; a column is 1 ns wide at least (neighbours overlap then)."""
    edges = np.floor(start + np.arange(columns + 1) * ns_per_column).astype(np.int64)
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def rasterise(
    row: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    codes: np.ndarray,
    *,
    rows: int,
    left: np.ndarray,
    right: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Dominant and worst code of every column, (rows, columns) u8 each, from slices sorted by row and time.

    The dominant state is the one with most time in the column (of equals the worse), MERGED when another slice lies
    there too.
    """
    columns = len(left)
    dominant = np.zeros((rows, columns), np.uint8)
    worst = np.zeros((rows, columns), np.uint8)
    first = np.searchsorted(right, starts, "right")
    last = np.searchsorted(left, ends, "left") - 1
    count = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(starts)), count)
    if not len(owner):
        return dominant, worst
    column = ranges(first, count)
    key = row[owner] * columns + column
    heads = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.append(heads, len(key)))
    code = codes[owner]
    place = key[heads]
    worst.reshape(-1)[place] = np.maximum.reduceat(code & np.uint8(SEVERITY), heads)
    dominant.reshape(-1)[place] = code[heads] & np.uint8(STATE_MASK | CERTAINTY)
    shared = sizes > 1
    if shared.any():
        groups = int(shared.sum())
        pieces = np.flatnonzero(np.repeat(shared, sizes))
        group = np.repeat(np.arange(groups), sizes[shared])
        at = column[pieces]
        spent = np.minimum(ends[owner[pieces]], right[at]) - np.maximum(starts[owner[pieces]], left[at])
        state = (code[pieces] & STATE_MASK).astype(np.int64)
        times = np.bincount(group + groups * state, spent, groups * STATES).reshape(STATES, -1)
        first_piece = np.concatenate([[0], np.cumsum(sizes[shared])[:-1]])
        flags = np.bitwise_or.reduceat(code[pieces] & np.uint8(CERTAINTY), first_piece)
        dominant.reshape(-1)[place[shared]] = dominant_of(times, flags | np.uint8(MERGED))
    return dominant, worst
