"""Numbers for what slices say: a code and a detail together, of which a recording has few."""

import numpy as np

from engine.model.columns import distinct
from engine.model.growing import Growing

MOST = 1 << 16  # numbers, 0 among them
CLASSES = 32  # a row of the table: of one detail the numbers with each code
NO_CLASS = CLASSES - 1


class Pairs:
    """Pairs of code and detail, numbered from 1 as they come (u16).

    0 stands for what has no number: there are too many of them, or its detail is too great. Invariant: number n means
    `codes[n]` and `details[n]` for ever.
    """

    def __init__(self) -> None:
        self.codes = np.zeros(MOST, np.uint8)
        self.details = np.zeros(MOST, np.uint32)
        self._count = 1
        self._class = np.full(256, NO_CLASS, np.int64)  # of each code, as they come
        self._classes = 0
        self._numbers = Growing(np.uint16, (CLASSES,))  # by detail and class; 0 in NO_CLASS

    def numbers(self, codes: np.ndarray, details: np.ndarray) -> np.ndarray:
        """The numbers of these pairs; new ones get theirs."""
        most = int(details.max(initial=0))
        if most >= MOST:
            found = np.zeros(len(codes), np.uint16)
            small = np.flatnonzero(details < MOST)
            found[small] = self.numbers(codes[small], details[small])
            return found
        self._numbers.reserve(most + 1)
        found = self._known(codes, details)
        unknown = np.flatnonzero(found == 0)
        if len(unknown) and self._count < MOST:
            self._add(codes[unknown], details[unknown])
            found = self._known(codes, details)
        return found

    def _known(self, codes: np.ndarray, details: np.ndarray) -> np.ndarray:
        return np.asarray(self._numbers.rows.reshape(-1)[details * np.int64(CLASSES) + self._class[codes]])

    def _add(self, codes: np.ndarray, details: np.ndarray) -> None:
        for code in distinct(codes).tolist():
            if self._class[code] == NO_CLASS and self._classes < NO_CLASS:
                self._class[code] = self._classes
                self._classes += 1
        new = distinct((details.astype(np.int64) << 8) | codes)
        new = new[self._class[new & 0xFF] != NO_CLASS][: MOST - self._count]
        number = self._count + np.arange(len(new))
        self.codes[number], self.details[number] = new & 0xFF, new >> 8
        self._numbers.rows[new >> 8, self._class[new & 0xFF]] = number
        self._count += len(new)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._count * (1 + 4) + self._numbers.rows.nbytes // 2
