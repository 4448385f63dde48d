"""Answers from the pyramid: buckets become columns, and what the pyramid cannot know yet is laid over them.

Times are ns since the recording's start.
"""

from typing import NamedTuple

import numpy as np

from engine.model.columns import ranges
from engine.model.levels import Level, parts
from engine.model.pyramid import Pyramid
from engine.model.summary import CERTAINTY, EDGE, INNER, SEVERITY, Summary, pure_words
from engine.recording.schema import STATE_MASK

WORST = np.uint16(SEVERITY << 8)
STARTS = np.uint16(EDGE << 8)
STATE = np.uint16(STATE_MASK)
FLAGS = np.uint16(INNER | CERTAINTY)
KEPT = WORST | STATE | FLAGS
TURNED = 256  # columns at a time, which stay in the nearest cache meanwhile
LONG_TAIL = 64  # columns; a longer one is filled by itself


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


class _Buckets(NamedTuple):
    """Per column: its first and last bucket, and the one at its middle; which columns have two, and their other one."""

    first: np.ndarray
    last: np.ndarray
    middle: np.ndarray
    two: np.ndarray
    other: np.ndarray


class _TailBuckets(NamedTuple):
    """Per lane: number and word of the open bucket, last bucket and word of the open state after it."""

    bucket: np.ndarray
    open_word: np.ndarray
    last_bucket: np.ndarray
    word: np.ndarray

    def take(self, where: slice | np.ndarray) -> "_TailBuckets":
        return _TailBuckets(*(part[where] for part in self))


def answer(pyramid: Pyramid, view: Columns, lanes: np.ndarray, tails: Tails) -> tuple[np.ndarray, np.ndarray]:
    """Dominant and worst codes, (len(lanes), view.columns) u8 each; see `StateStore.codes`."""
    edges = view.start + np.arange(view.columns + 1) * view.ns_per_column
    size = float(1 << view.level)
    begin = np.ceil(edges / size - 0.5).astype(np.int64)  # a column has the buckets begin[c] … begin[c + 1] - 1
    first, last = begin[:-1], begin[1:] - 1
    middle = np.clip(np.floor((edges[:-1] + edges[1:]) / 2 / size).astype(np.int64), first, last)
    two = np.flatnonzero(first != last)
    buckets = _Buckets(first, last, middle, two, (first + last - middle)[two])
    level = pyramid.level(view.level)
    after = _tail_buckets(pyramid, view.level, lanes, tails)
    words = np.empty((len(lanes), view.columns), np.uint16)
    for some, where in parts(lanes):
        found = _words(level, some, buckets, after.take(where))
        for column in range(0, view.columns, TURNED):
            words[where, column : column + TURNED] = found[column : column + TURNED].T
    _fill_tails(after, first, words)
    dominant = words.astype(np.uint8)
    words >>= np.uint16(8)
    return dominant, words.astype(np.uint8)


def _words(level: Level, lanes: np.ndarray, buckets: _Buckets, after: _TailBuckets) -> np.ndarray:
    """Dominant (low byte) and worst codes of the lanes of one part: u16 (columns, len(lanes))."""
    first, last, middle, two, other = buckets
    words = level.columns(lanes, middle)
    _put_open(after, middle, first, last, words)
    if not len(two):
        words &= KEPT
        return words
    middles, others = words[two], level.columns(lanes, other)
    _put_open(after, other, first[two], last[two], others)
    # A slice that starts with a bucket starts inside the column, unless the bucket is the column's first.
    starts = np.where((other == last[two])[:, None], others, middles)
    starts &= STARTS
    starts >>= np.uint16(8)
    starts |= (middles | others) & FLAGS
    others &= WORST
    np.maximum(others, middles & WORST, out=others)
    middles &= STATE
    empty = (middles == 0) & (others > 0)
    if empty.any():
        middles[empty] = (others[empty] >> np.uint16(8)) & STATE
    middles |= others
    middles |= starts
    words &= KEPT
    words[two] = middles
    return words


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
    return _TailBuckets(bucket, known.words(), np.where(end > start, (end - 1) >> k, bucket), pure_words(code))


def _put_open(tails: _TailBuckets, chosen: np.ndarray, first: np.ndarray, last: np.ndarray, words: np.ndarray) -> None:
    """Corrects the one column per lane that holds its open bucket; `chosen` are the buckets that were gathered."""
    if int(tails.bucket.min()) > last[-1]:
        return
    column = np.searchsorted(first, tails.bucket, "right") - 1
    at = np.flatnonzero((column >= 0) & (tails.bucket <= last[column]))
    if not len(at):
        return
    column, tail = column[at], tails.take(at)
    bucket = chosen[column]
    word = np.where(bucket <= tail.last_bucket, tail.word, words[column, at])
    word = np.where(bucket == tail.bucket, tail.open_word, word)
    words[column, at] = np.where(bucket < tail.bucket, words[column, at], word)


def _fill_tails(tails: _TailBuckets, first: np.ndarray, words: np.ndarray) -> None:
    """Columns that lie wholly after the open bucket; words are (lanes, columns)."""
    begin = np.searchsorted(first, tails.bucket, "right")
    count = np.searchsorted(first, tails.last_bucket, "right") - begin
    count[tails.last_bucket <= tails.bucket] = 0
    for lane in np.flatnonzero(count > LONG_TAIL).tolist():
        words[lane, begin[lane] : begin[lane] + count[lane]] = tails.word[lane]
    some = np.flatnonzero((count > 0) & (count <= LONG_TAIL))
    places = ranges(some * words.shape[1] + begin[some], count[some])
    words.reshape(-1)[places] = np.repeat(tails.word[some], count[some])
