"""Reads a text file (see engine.tracer.layout) while it grows."""

import marshal
import struct
from pathlib import Path
from typing import Any

Frame = tuple[Any, ...]

_LENGTH = struct.Struct("<I")
_LIMIT = 4 << 20  # bytes per poll


class TextFile:
    """Frames of one traced process, in order. A partial frame waits for its rest; nonsense is left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb", buffering=0)
        self._rest = b""

    def poll(self) -> list[Frame]:
        """The frames completed since the last poll."""
        data = self._file.read(_LIMIT)
        if not data:
            return []
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
