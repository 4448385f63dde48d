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
    """Per column: its first and last bucket, the one at its middle, and the other one (the same, if there is none)."""

    first: np.ndarray
    last: np.ndarray
    middle: np.ndarray
    other: np.ndarray


class _TailBuckets(NamedTuple):
    """Per lane: number and word of the open bucket, last bucket and word of the open state after it."""

    bucket: np.ndarray
    open_word: np.ndarray
    last_bucket: np.ndarray
    word: np.ndarray


def answer(pyramid: Pyramid, view: Columns, lanes: np.ndarray, tails: Tails) -> tuple[np.ndarray, np.ndarray]:
    """Dominant and worst codes, (len(lanes), view.columns) u8 each; see `StateStore.codes`."""
    edges = view.start + np.arange(view.columns + 1) * view.ns_per_column
    size = float(1 << view.level)
    begin = np.ceil(edges / size - 0.5).astype(np.int64)  # a column has the buckets begin[c] … begin[c + 1] - 1
    first, last = begin[:-1], begin[1:] - 1
    middle = np.clip(np.floor((edges[:-1] + edges[1:]) / 2 / size).astype(np.int64), first, last)
    buckets = _Buckets(first, last, middle, first + last - middle)
    two = np.flatnonzero(first != last)
    until = (int(last[-1]) + 1) << view.level
    level = pyramid.level(view.level, lanes, until)
    after = _tail_buckets(pyramid, view.level, lanes, until, tails)
    words = np.empty((len(lanes), view.columns), np.uint16)
    for some, where in parts(lanes):
        found = _words(level, some, buckets, two)
        for column in range(0, view.columns, TURNED):
            words[where, column : column + TURNED] = found[column : column + TURNED].T
    _put_open(level, lanes, buckets, after, words)
    _fill_tails(after, first, words)
    dominant = words.astype(np.uint8)
    words >>= np.uint16(8)
    return dominant, words.astype(np.uint8)


def _words(level: Level, lanes: np.ndarray, buckets: _Buckets, two: np.ndarray) -> np.ndarray:
    """Dominant (low byte) and worst codes of one part's lanes: u16 (columns, len(lanes)); `two` have two buckets."""
    words = level.columns(lanes, buckets.middle)
    if not len(two):
        words &= KEPT
        return words
    other_last = (buckets.other == buckets.last)[two]
    joined = _joined(words[two], level.columns(lanes, buckets.other[two]), other_last[:, None])
    words &= KEPT
    words[two] = joined
    return words


def _joined(middles: np.ndarray, others: np.ndarray, other_last: np.ndarray) -> np.ndarray:
    """Words of columns from those of their two buckets, which are used up."""
    # A slice that starts with a bucket starts inside the column, unless the bucket is the column's first.
    starts = np.where(other_last, others, middles)
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
    return middles


def _tail_buckets(pyramid: Pyramid, k: int, lanes: np.ndarray, until: int, tails: Tails) -> _TailBuckets:
    """What the pyramid cannot know yet, before `until`: each lane's open bucket, and those of its open state."""
    bucket, known = pyramid.open_buckets(k, lanes, until)
    start, end, code, begun = tails
    has = np.flatnonzero(end > start)
    tail = Summary.pure(code[has], np.maximum(np.minimum(end, (bucket + 1) << k) - start, 0)[has])
    on_edge = start[has] & ((1 << k) - 1) == 0
    tail.flags |= np.where(begun[has] & ~on_edge, INNER, 0).astype(np.uint8)
    tail.edge = begun[has] & on_edge
    known.add_right(has, tail)
    return _TailBuckets(bucket, known.words(), np.where(end > start, (end - 1) >> k, bucket), pure_words(code))


def _put_open(level: Level, lanes: np.ndarray, buckets: _Buckets, tails: _TailBuckets, words: np.ndarray) -> None:
    """Makes the one column per lane anew that holds its open bucket; words are (lanes, columns)."""
    first, last, middle, other = buckets
    column = np.searchsorted(first, tails.bucket, "right") - 1
    some = np.flatnonzero((column >= 0) & (tails.bucket <= last[column]))
    if not len(some):
        return
    column = column[some]
    opened, open_word, last_bucket, word = (part[some] for part in tails)

    def now(bucket: np.ndarray) -> np.ndarray:
        known = level.cells(lanes[some], bucket)
        after = np.where(bucket <= last_bucket, word, known)
        return np.where(bucket < opened, known, np.where(bucket == opened, open_word, after))

    first_word, other_word = now(middle[column]), now(other[column])
    single = first_word & KEPT
    joined = _joined(first_word, other_word, other[column] == last[column])
    words[some, column] = np.where(middle[column] == other[column], single, joined)


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
