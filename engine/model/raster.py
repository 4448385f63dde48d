"""Exact reduction of slices to columns, for zooms at which a column is finer than the pyramid."""

import numpy as np

from engine.model.columns import ranges, runs
from engine.model.summary import CERTAINTY, SEVERITY, STATES, dominant_of
from engine.recording.schema import STATE_MASK

MERGED = 0x80
NEVER = np.iinfo(np.int64).max
NEVER_BEFORE = np.iinfo(np.int64).min


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
    there too. Slices of one row do not overlap, so each of them fills columns of its own, but for the first and the
    last: only those that are shared have to be summed.
    """
    columns = len(left)
    dominant = np.zeros(rows * columns, np.uint8)
    worst = np.zeros(rows * columns, np.uint8)
    first = _count_up_to(right, starts)
    last = _count_up_to(left, ends - 1) - 1
    seen = last >= first
    if not seen.all():
        row, starts, ends, codes = row[seen], starts[seen], ends[seen], codes[seen]
        first, last = first[seen], last[seen]
    if not len(row):
        return dominant.reshape(rows, columns), worst.reshape(rows, columns)
    _fill(row * columns + first, row * columns + last, codes, dominant, worst)
    _sum_shared(row * columns, starts, ends, codes, first=first, last=last, edges=(left, right), into=(dominant, worst))
    return dominant.reshape(rows, columns), worst.reshape(rows, columns)


def _count_up_to(edges: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How many of the edges are at or before each time. Edges are nearly equidistant: looking once is enough."""
    count = len(edges)
    step = (int(edges[-1]) - int(edges[0])) / max(count - 1, 1)
    if step < 2 or len(times) < count:
        return np.asarray(np.searchsorted(edges, times, "right"))
    guess = np.clip((times - edges[0]) / step + 1, 0, count).astype(np.int64)
    padded = np.concatenate([[NEVER_BEFORE], edges, [NEVER]])  # padded[i] is the i-th edge, counted from one
    guess += padded[guess + 1] <= times
    guess -= padded[guess] > times
    return np.asarray(guess)


def _fill(first: np.ndarray, last: np.ndarray, codes: np.ndarray, dominant: np.ndarray, worst: np.ndarray) -> None:
    """Paints every slice over its places, from left to right; gaps stay 0."""
    begin = np.maximum.accumulate(np.concatenate([first[:1], np.minimum(first[1:], last[:-1] + 1)]))
    begin = np.maximum(begin, first)
    stop = np.append(np.minimum(begin[1:], last[:-1] + 1), last[-1] + 1)
    lengths = np.empty(2 * len(codes), np.int64)  # of each slice, and of the gap before it
    lengths[0], lengths[2::2] = begin[0], begin[1:] - stop[:-1]
    lengths[1::2] = stop - begin
    values = np.zeros((2, len(lengths)), np.uint8)
    values[0, 1::2] = codes & np.uint8(STATE_MASK | CERTAINTY)
    values[1, 1::2] = codes & np.uint8(SEVERITY)
    dominant[: last[-1] + 1] = np.repeat(values[0], lengths)
    worst[: last[-1] + 1] = np.repeat(values[1], lengths)


def _sum_shared(
    base: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    codes: np.ndarray,
    *,
    first: np.ndarray,
    last: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray],
    into: tuple[np.ndarray, np.ndarray],
) -> None:
    """Corrects the columns in which more than one slice lies."""
    begins, stops = base + first, base + last
    meeting = np.flatnonzero(stops[:-1] == begins[1:])  # with the next slice
    if not len(meeting):
        return
    # The slices that lie in a shared column are neighbours.
    shared, heads, meetings = runs(stops[meeting])
    low, sizes = meeting[heads], meetings + 1
    pieces = ranges(low, sizes)
    group = np.repeat(np.arange(len(shared)), sizes)
    heads = np.cumsum(sizes) - sizes
    column = np.repeat(shared - base[low], sizes)
    left, right = edges
    spent = np.minimum(ends[pieces], right[column]) - np.maximum(starts[pieces], left[column])
    code = codes[pieces]
    state = (code & STATE_MASK).astype(np.int64)
    times = np.bincount(group + len(shared) * state, spent, len(shared) * STATES).reshape(STATES, -1)
    flags = np.bitwise_or.reduceat(code & np.uint8(CERTAINTY), heads)
    dominant, worst = into
    dominant[shared] = dominant_of(times, flags | np.uint8(MERGED))
    worst[shared] = np.maximum.reduceat(code & np.uint8(SEVERITY), heads)
