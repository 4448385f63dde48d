"""Which cells are made next, and how many at once, so that making keeps to a budget."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gui.timeline.pixels.cells import Places
from gui.timeline.pixels.ring import MADE, OPEN, UNMADE

PIECE_S = 0.0007  # what any piece costs, however small
LEAST_COLUMNS = 256
LEAST_BARE_COLUMNS = 640  # where nothing is shown yet: about as dear as something coarse would be
PROBED_COLUMNS = 384  # as long as it is not known what they cost at this zoom
BARE = MADE - UNMADE
WAS_EMPTY = MADE - OPEN
NEAR = 200  # columns between two blocks: making these, too, is cheaper than another piece
NEAR_SHARE = 0.25  # of a piece, in columns: what would be left after it is made with it
LONG = 64  # columns for which it is worth making few rows by themselves


class Piece(NamedTuple):
    """Rows, and columns from `first` to `last` (exclusive)."""

    places: Places
    first: int
    last: int


def next_piece(todo: NDArray[np.uint8], turn: float) -> Piece | None:
    """A block of columns to be made, the first one at or after this share of the width; None when all is done.

    `todo` (rows, columns) says how urgent a cell is, 0: done, BARE: nothing is shown there. Columns with the most
    urgent ones come first, bare and empty ones from left to right. Where few rows are to be made for long (a wait has
    ended) and the others only at the end (what is new), the few come by themselves.
    """
    most = todo.max(initial=0)
    if not most:
        return None
    count = np.add.reduce((todo == most).view(np.uint8), axis=0, dtype=np.uint16)
    waiting = np.flatnonzero(count)
    at = int(np.searchsorted(waiting, round(turn * todo.shape[1]))) if most < WAS_EMPTY else 0
    at %= len(waiting)
    first = int(waiting[at])
    gaps = np.flatnonzero(np.diff(waiting[at:]) > NEAR)
    last = int(waiting[at + int(gaps[0])] if len(gaps) else waiting[-1]) + 1
    crowded = first + int(np.argmax(2 * count[first:last] >= count[first:last].max()))
    if crowded - first >= LONG:
        last = crowded
    return Piece(np.flatnonzero(todo[:, first:last].max(axis=1)), first, last)


class Pace:
    """How long cells take. It differs from zoom to zoom, and is learnt from one piece for the next."""

    def __init__(self) -> None:
        self._cell_s = 0.0
        self._zoom: int | None = None

    def columns(self, lanes: int, ns_per_column: float, left_s: float, *, bare: bool) -> int:
        """How many columns of so many lanes can be made in this time; some in any case, more where nothing is."""
        least = LEAST_BARE_COLUMNS if bare else LEAST_COLUMNS
        if self._zoom != _zoom(ns_per_column):
            return max(least, PROBED_COLUMNS)
        fitting = (left_s - PIECE_S) / max(self._cell_s * lanes, 1e-9)
        return int(min(max(fitting, least), 1e6))

    def cost_s(self, lanes: int, columns: int) -> float:
        """What so many columns would take, at the zoom of the last piece."""
        return PIECE_S + self._cell_s * lanes * columns

    def learn(self, lanes: int, ns_per_column: float, columns: int, took_s: float) -> None:
        """A piece has been made."""
        self._zoom = _zoom(ns_per_column)
        self._cell_s = max(took_s - PIECE_S, 0.0) / max(lanes * columns, 1)


def _zoom(ns_per_column: float) -> int:
    return math.floor(math.log2(ns_per_column))
