"""Rows of a structured dtype in as few bytes as their values need."""

from typing import Any

import numpy as np

WIDTHS: tuple[np.dtype[Any], ...] = tuple(np.dtype(name) for name in ("u1", "<u2", "<u4", "<u8"))


class PackedRows:
    """A fixed number of rows; every column is a least value and, unless it never differs, what is above it.

    The column `end` is kept as the distance from `start`, when there are both.
    """

    def __init__(self, rows: np.ndarray, start: str, end: str) -> None:
        self.dtype = rows.dtype
        self._count = len(rows)
        self._start, self._end = (start, end) if start != end and (rows[end] >= rows[start]).all() else ("", "")
        self._least: dict[str, Any] = {}
        self._above: dict[str, np.ndarray] = {}
        for name in rows.dtype.names or ():
            column = rows[name] - rows[self._start] if name == self._end else rows[name]
            least = self._least[name] = column.min()
            if reach := int(column.max()) - int(least):
                width = next(width for width in WIDTHS if reach <= np.iinfo(width).max)
                self._above[name] = (column - least).astype(width)

    def rows(self, which: slice | np.ndarray) -> np.ndarray:
        """These rows, as they were."""
        count = len(range(*which.indices(self._count))) if isinstance(which, slice) else len(which)
        found = np.empty(count, self.dtype)
        for name, least in self._least.items():
            found[name] = least
            if name in self._above:
                found[name] += self._above[name][which]
        if self._end:
            found[self._end] += found[self._start]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of the columns."""
        return sum(column.nbytes for column in self._above.values())
