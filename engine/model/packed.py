"""Rows of a structured dtype in as few bytes as their values need."""

from typing import Any

import numpy as np

from engine.recording.packing import narrow, plain


class PackedRows:
    """A fixed number of rows; every column is a least value and, unless it never differs, what is above it.

    What is above takes 1, 2, 3, 4 or 8 bytes a row. The column `end` is kept as the distance from `start`, when there
    are both.
    """

    def __init__(self, rows: np.ndarray, start: str, end: str) -> None:
        self.dtype = rows.dtype
        self._count = len(rows)
        self._start, self._end = (start, end) if start != end and (rows[end] >= rows[start]).all() else ("", "")
        self._least: dict[str, Any] = {}
        self._above: dict[str, np.ndarray] = {}
        for name in rows.dtype.names or ():
            column = rows[name] - rows[self._start] if name == self._end else np.ascontiguousarray(rows[name])
            least = self._least[name] = column.min()
            if reach := int(column.max()) - int(least):
                self._above[name] = narrow(column - least, reach)

    def rows(self, which: slice | np.ndarray) -> np.ndarray:
        """These rows, as they were."""
        count = len(range(*which.indices(self._count))) if isinstance(which, slice) else len(which)
        found = np.empty(count, self.dtype)
        for name, least in self._least.items():
            found[name] = least
            if name in self._above:
                found[name] += plain(self._above[name][which])
        if self._end:
            found[self._end] += found[self._start]
        return found

    def column(self, name: str, which: slice | np.ndarray) -> np.ndarray:
        """One column of these rows."""
        if name in self._above:
            found = np.asarray(plain(self._above[name][which]) + self._least[name])
        else:
            found = np.full(len(np.arange(self._count)[which]), self._least[name])
        return found + self.column(self._start, which) if name == self._end else found

    def where(self, name: str, value: int, within: slice) -> np.ndarray:
        """The rows within these that have this value in this column (not one that is kept as a distance)."""
        above = value - int(self._least[name])
        if name not in self._above:
            return np.arange(within.start, within.stop if above == 0 else within.start)
        column = plain(self._above[name][within])
        if not 0 <= above <= np.iinfo(column.dtype).max:
            return np.arange(0)
        return np.asarray(within.start + np.flatnonzero(column == column.dtype.type(above)))

    @property
    def nbytes(self) -> int:
        """Bytes of the columns."""
        return sum(column.nbytes for column in self._above.values())
