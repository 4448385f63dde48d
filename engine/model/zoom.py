"""Answers from the pyramid: buckets become columns, and what the pyramid cannot know yet is laid over them.

Times are ns since the recording's start.
"""

from typing import NamedTuple

import numpy as np

from engine.model.columns import gathered
from engine.model.pyramid import Pyramid
from engine.model.summary import CERTAINTY, EDGE, INNER, SEVERITY, Summary
from engine.recording.schema import STATE_MASK


class Columns(NamedTuple):
    """A view in columns that are made of the buckets of 2^level ns, one or two each."""

    level: int
    start: float
    ns_per_column: float
    columns: int


class Tails(NamedTuple):
    """Per lane: its open state from `start` to `end` (equal: none), and whether a closed slice comes before it."""

    start: np.ndarray
    end: np.ndarray
    code: np.ndarray
    begun: np.ndarray


class _TailBuckets(NamedTuple):
    """Per lane: number and bytes of the open bucket, last bucket and bytes of the open state after it."""

    bucket: np.ndarray
    open_dominant: np.ndarray
    open_worst: np.ndarray
    last_bucket: np.ndarray
    dominant: np.ndarray
    worst: np.ndarray


def answer(pyramid: Pyramid, view: Columns, lanes: np.ndarray, tails: Tails) -> tuple[np.ndarray, np.ndarray]:
    """Dominant and worst codes, (len(lanes), view.columns) u8 each; see `StateStore.codes`."""
    edges = view.start + np.arange(view.columns + 1) * view.ns_per_column
    size = float(1 << view.level)
    begin = np.ceil(edges / size - 0.5).astype(np.int64)  # a column has the buckets begin[c] … begin[c + 1] - 1
    first, last = begin[:-1], begin[1:] - 1
    middle = np.clip(np.floor((edges[:-1] + edges[1:]) / 2 / size).astype(np.int64), first, last)
    other = first + last - middle
    two = bool((first != last).any())
    level = pyramid.level(view.level)
    dominant, worst = gathered(level.dominant, lanes, middle), gathered(level.worst, lanes, middle)
    dominant_too = gathered(level.dominant, lanes, other) if two else dominant
    worst_too = gathered(level.worst, lanes, other) if two else worst
    after = _tail_buckets(pyramid, view.level, lanes, tails)
    _put_open(after, middle, first, last, dominant=dominant, worst=worst)
    if two:
        _put_open(after, other, first, last, dominant=dominant_too, worst=worst_too)
        split = first != last
        merged = worst & np.where(split & (middle == last), EDGE, 0).astype(np.uint8)
        merged |= worst_too & np.where(split & (other == last), EDGE, 0).astype(np.uint8)
        merged |= (dominant | dominant_too) & np.uint8(INNER | CERTAINTY)
        worst = np.maximum(worst & np.uint8(SEVERITY), worst_too & np.uint8(SEVERITY))
        dominant &= np.uint8(STATE_MASK)
        empty = (dominant == 0) & (worst > 0)
        if empty.any():
            dominant[empty] = worst[empty] & STATE_MASK
        dominant |= merged
    else:
        worst &= np.uint8(SEVERITY)
    _fill_tails(after, first, dominant, worst)
    return dominant, worst


def _tail_buckets(pyramid: Pyramid, k: int, lanes: np.ndarray, tails: Tails) -> _TailBuckets:
    """What the pyramid cannot know yet: each lane's open bucket, and the buckets of its open state after it."""
    bucket, known = pyramid.open_buckets(k, lanes)
    start, end, code, begun = tails
    has = np.flatnonzero(end > start)
    tail = Summary.pure(code[has], (np.minimum(end, (bucket + 1) << k) - start)[has])
    on_edge = start[has] & ((1 << k) - 1) == 0
    tail.flags |= np.where(begun[has] & ~on_edge, INNER, 0).astype(np.uint8)
    tail.edge = begun[has] & on_edge
    known.add_right(has, tail)
    return _TailBuckets(
        bucket,
        known.dominant(),
        known.worst | np.where(known.edge, EDGE, 0).astype(np.uint8),
        np.where(end > start, (end - 1) >> k, bucket),
        code & np.uint8(STATE_MASK | CERTAINTY),
        code & np.uint8(SEVERITY),
    )


def _put_open(
    tails: _TailBuckets,
    chosen: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    *,
    dominant: np.ndarray,
    worst: np.ndarray,
) -> None:
    """Corrects the one column per lane that holds its open bucket; `chosen` are the buckets that were gathered."""
    column = np.searchsorted(first, tails.bucket, "right") - 1
    at = np.flatnonzero((column >= 0) & (tails.bucket <= last[-1]))
    column = column[at]
    bucket = chosen[column]
    here = bucket == tails.bucket[at]
    dominant[at[here], column[here]] = tails.open_dominant[at[here]]
    worst[at[here], column[here]] = tails.open_worst[at[here]]
    after = (bucket > tails.bucket[at]) & (bucket <= tails.last_bucket[at])
    dominant[at[after], column[after]] = tails.dominant[at[after]]
    worst[at[after], column[after]] = tails.worst[at[after]]


def _fill_tails(tails: _TailBuckets, first: np.ndarray, dominant: np.ndarray, worst: np.ndarray) -> None:
    """Columns that lie wholly after the open bucket."""
    begin = np.searchsorted(first, tails.bucket, "right")
    stop = np.searchsorted(first, tails.last_bucket, "right")
    for row in np.flatnonzero((stop > begin) & (tails.last_bucket > tails.bucket)).tolist():
        dominant[row, begin[row] : stop[row]] = tails.dominant[row]
        worst[row, begin[row] : stop[row]] = tails.worst[row]
