"""Arrays that grow at their end without being copied."""

import contextlib
import mmap
from typing import Any

import numpy as np

LEAST = 1 << 14  # bytes


class Growing:
    """Rows of one dtype and shape; new ones are zero. `rows` is the array with all room there is.

    Memory comes from the system page by page, where it is written: room that is not used yet costs nothing, growing
    moves no data where the system can remap (Linux), and no large page has to be cleared within a frame. Elsewhere, and
    while somebody holds a view of `rows`, the rows are copied; such a view stays as it was.
    """

    def __init__(self, dtype: Any, shape: tuple[int, ...] = ()) -> None:
        self._dtype, self._shape = np.dtype(dtype), shape
        self._row_bytes = self._dtype.itemsize * int(np.prod(shape))
        self._memory: mmap.mmap | None = None
        self.rows = np.zeros((0, *shape), self._dtype)

    def reserve(self, rows: int) -> np.ndarray:
        """Makes room for at least so many rows; returns `rows`."""
        if rows > len(self.rows):
            size = max(rows * self._row_bytes, 2 * len(self.rows) * self._row_bytes, LEAST)
            size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
            if not self._remapped(size):
                memory = _anonymous(size)
                wider = self._array(memory)
                wider[: len(self.rows)] = self.rows
                self._memory, self.rows = memory, wider
        return self.rows

    def _remapped(self, size: int) -> bool:
        if self._memory is None:
            return False
        self.rows = self.rows[:0].copy()  # nothing may point into what moves
        try:
            self._memory.resize(size)
        except (BufferError, OSError, SystemError, ValueError):
            self.rows = self._array(self._memory)
            return False
        self.rows = self._array(self._memory)
        return True

    def _array(self, memory: mmap.mmap) -> np.ndarray:
        count = len(memory) // self._row_bytes
        flat = np.frombuffer(memory, self._dtype, count * (self._row_bytes // self._dtype.itemsize))
        return flat.reshape(count, *self._shape)


def _anonymous(size: int) -> mmap.mmap:
    if not hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size)
    # Private: shared anonymous memory cannot grow beyond the size that it began with.
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages
            memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memory
