"""Reads a text file (see engine.tracer.layout) while it grows, and gives back the space of what it has read."""

import ctypes
import functools
import marshal
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Frame = tuple[Any, ...]

_LENGTH = struct.Struct("<I")
_LIMIT = 4 << 20  # bytes per poll
_PAGE = 4096
_FREED_AT_ONCE = 1 << 20  # bytes
_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # FALLOC_FL_…


class TextFile:
    """Frames of one traced process, in order. A partial frame waits for its rest; nonsense is left out.

    What has been read is replaced by a hole: the file lies in memory, and its writer stops when too much is unread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("r+b", buffering=0)
        self._rest = b""
        self._read = 0  # bytes
        self._freed = 0

    def poll(self) -> list[Frame]:
        """The frames completed since the last poll."""
        data = self._file.read(_LIMIT)
        if not data:
            return []
        self._read += len(data)
        if self._read - self._freed >= _FREED_AT_ONCE:
            self._free()
        data = self._rest + data
        frames: list[Frame] = []
        at = 0
        while at + _LENGTH.size <= len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            end = at + _LENGTH.size + length
            if end > len(data):
                break
            try:
                frame = marshal.loads(data[at + _LENGTH.size : end])
            except (ValueError, EOFError, TypeError):
                frame = None
            if isinstance(frame, tuple) and frame and isinstance(frame[0], str):
                frames.append(frame)
            at = end
        self._rest = data[at:]
        return frames

    def close(self) -> None:
        self._file.close()

    def _free(self) -> None:
        end = self._read // _PAGE * _PAGE
        punch_hole(self._file.fileno(), self._freed, end - self._freed)
        self._freed = end


def punch_hole(descriptor: int, offset: int, length: int) -> None:
    """Gives back the blocks of a part of a file. Nothing happens where the system cannot do that."""
    _fallocate()(descriptor, _KEEP_SIZE | _PUNCH_HOLE, offset, length)


@functools.cache
def _fallocate() -> Callable[[int, int, int, int], int]:
    """The C library's; Python has no other way to it."""
    if os.name != "posix" or not hasattr(library := ctypes.CDLL(None), "fallocate"):
        return lambda *_: -1
    function = library.fallocate
    function.argtypes = ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long
    return lambda *arguments: int(function(*arguments))
