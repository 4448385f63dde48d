"""The columns that are kept around those in view, in a ring: panning never moves what is there."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gui.timeline.pixels.cells import Cells, Places
from gui.timeline.pixels.raster import Pixels

SLACK = 1024  # columns kept beside those in view
# Status: nothing there, empty until something is recorded, to be improved, exact.
UNMADE, OPEN, ROUGH, MADE = range(4)
_STATUS = 3
Plane = TypeVar("Plane", NDArray[np.uint8], Pixels)


class Part(NamedTuple):
    """Columns that stand together in the ring: where, and how many of those asked for come before them."""

    at: slice
    skip: int

    @property
    def size(self) -> int:
        return int(self.at.stop - self.at.start)


class Ring:
    """Codes and status of each row and column.

    Columns are numbered on a grid anchored to time zero. Invariant: columns `base` to `base + width` (exclusive) are
    the ring's; column c stands at c % width.
    """

    def __init__(self, rows: int, columns: int, first: int, row_height: int) -> None:
        self.rows, self.width, self.row_height = rows, columns + SLACK, row_height
        self.base = first
        self._planes = np.zeros((4, rows, self.width), np.uint8)
        self.summaries: dict[int, Pixels] = {}  # by row: (row height, width)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """(3, rows, width): dominant, worst, held."""
        return self._planes[:_STATUS]

    @property
    def status(self) -> NDArray[np.uint8]:
        """(rows, width): UNMADE, OPEN, ROUGH or MADE."""
        status: NDArray[np.uint8] = self._planes[_STATUS]
        return status

    def parts(self, first: int, last: int) -> list[Part]:
        """Where columns `first` to `last` (exclusive) stand: one piece or two."""
        begin, count = first % self.width, last - first
        if begin + count <= self.width:
            return [Part(slice(begin, begin + count), 0)]
        before = self.width - begin
        return [Part(slice(begin, self.width), 0), Part(slice(0, count - before), before)]

    def in_order(self, plane: NDArray[np.uint8], first: int, last: int) -> NDArray[np.uint8]:
        """These columns of (…, width), from left to right; a view when they stand together."""
        parts = [plane[..., part.at] for part in self.parts(first, last)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    def move_to(self, first: int, last: int) -> None:
        """Makes room for these columns, as many as are in view: forgets what lies farthest away."""
        end = self.base + self.width
        if last <= self.base or first >= end:
            self.status[:] = UNMADE
            self.base = first
        elif last > end:
            self._forget(end, last)
            self.base = last - self.width
        elif first < self.base:
            self._forget(first, self.base)
            self.base = first

    def _forget(self, first: int, last: int) -> None:
        for part in self.parts(first, last):
            self.status[:, part.at] = UNMADE

    def put(self, places: Places, first: int, cells: Cells, status: int) -> None:
        """Keeps the cells of these rows, from column `first` on; what has a better status stays."""
        whole = len(places) == self.rows
        for part in self.parts(first, first + cells.codes.shape[2]):
            codes = cells.codes[:, :, part.skip : part.skip + part.size]
            rows: slice | Places = slice(None) if whole else places
            worse = self.status[rows, part.at] < status
            over_all = status == MADE or bool(worse.all())  # as in a ring that is new
            if over_all:
                self.codes[:, rows, part.at] = codes
                self.status[rows, part.at] = status
            else:
                self.codes[:, rows, part.at] = np.where(worse, codes, self.codes[:, rows, part.at])
                self.status[rows, part.at] = np.maximum(self.status[rows, part.at], status)
            for row, pixels in cells.summaries.items():
                kept = self.summaries.setdefault(int(places[row]), np.zeros((self.row_height, self.width), np.uint32))
                new = pixels[:, part.skip : part.skip + part.size]
                kept[:, part.at] = new if over_all else np.where(worse[row], new, kept[:, part.at])

    def reopen(self, first: int, last: int) -> None:
        """In these columns nothing had been recorded when they were made, and something has been since."""
        for part in self.parts(first, last) if first < last else ():
            np.minimum(self.status[:, part.at], OPEN, out=self.status[:, part.at])

    def give_up(self, first: int, last: int) -> None:
        """What was left empty in these columns has been so for long enough."""
        for part in self.parts(first, last) if first < last else ():
            status = self.status[:, part.at]
            status[status == OPEN] = UNMADE

    def take_over(self, old: "Ring", rows: Places, columns: NDArray[np.int64], first: int, *, same: bool) -> None:
        """Fills columns from `first` on with what an older ring shows there, in which they have the numbers `columns`.

        `rows` says for each row which one it was, -1: none. `same`: the grid is the same, so what was exact still is.
        """
        low, high = (int(place) for place in np.searchsorted(columns, [old.base, old.base + old.width]))
        if low == high:
            return
        moved = len(rows) != old.rows or (rows != np.arange(old.rows)).any()
        planes = old._of(old._planes[:, rows] if moved else old._planes, columns[low:high], same=same)
        status = planes[_STATUS]
        if not same:
            np.minimum(status, ROUGH, out=status)
        if moved:
            status[rows < 0] = UNMADE
        for part in self.parts(first + low, first + high):
            self._planes[:, :, part.at] = planes[:, :, part.skip : part.skip + part.size]
        for row, before in enumerate(rows.tolist()):
            if before >= 0 and before in old.summaries:
                kept = self.summaries[row] = np.zeros((self.row_height, self.width), np.uint32)
                pixels = old._of(old.summaries[before], columns[low:high], same=same)
                for part in self.parts(first + low, first + high):
                    kept[:, part.at] = pixels[:, part.skip : part.skip + part.size]

    def _of(self, plane: Plane, columns: NDArray[np.int64], *, same: bool) -> Plane:
        """These columns of (…, width), a copy. `same`: one after the other."""
        if not same:
            return np.take(plane, columns % self.width, axis=-1)
        first, last = int(columns[0]), int(columns[-1]) + 1
        return np.concatenate([plane[..., part.at] for part in self.parts(first, last)], axis=-1)
