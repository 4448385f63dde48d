"""The text file: definitions and other rare things, one `marshal` frame each (see layout).

The file is opened anew for every write: a descriptor kept open would be seen, closed or reused by the traced program.
"""

from __future__ import annotations

import os
from _struct import Struct
from marshal import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    TextValue = str | int | float | bool | bytes | None | tuple[int, ...] | tuple[str, ...]

pack_length = Struct("<I").pack

DEFERS_SIGNALS = True
FLAGS = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)

# How many bytes may lie unread in the file, which is in memory: the recorder makes holes of what it has read.
OUTPUT_LIMIT = 8 << 20  # for what is printed
LIMIT = 64 << 20
BLOCK = 512  # unit of `st_blocks`

# Kept here, because `os.write` and friends are wrapped for the traced program.
open_file, write_file, close_file, status_of = os.open, os.write, os.close, os.fstat


def frame_bytes(items: tuple[TextValue, ...]) -> bytes:
    """One frame as it stands in the file. ValueError when an item is of no plain type."""
    body = dumps(items, 2)
    return pack_length(len(body)) + body


class TextFile:
    """Appends frames to a file. What cannot be written (no space, no descriptor, no reader any more) is lost: it is
    counted in `lost`, which `tell_lost` is told, but for what is printed: of that, whoever writes it keeps count.
    """

    __slots__ = ("lost", "path", "tell_lost")

    def __init__(self, path: str, tell_lost: Callable[[int], None] | None = None) -> None:
        self.path = path
        self.lost = 0
        self.tell_lost = tell_lost

    def write(self, *items: TextValue) -> bool:
        """Append one frame. False when it is lost."""
        if self._append(items):
            return True
        if items[0] != "output":
            self.lost += 1
            if self.tell_lost is not None:
                self.tell_lost(self.lost)
        return False

    def _append(self, items: tuple[TextValue, ...]) -> bool:
        if not self.path:
            return False
        try:
            descriptor = open_file(self.path, FLAGS)
        except OSError:
            return False
        try:
            limit = OUTPUT_LIMIT if items[0] == "output" else LIMIT
            if status_of(descriptor).st_blocks * BLOCK < limit:
                data = frame_bytes(items)
                if write_file(descriptor, data) == len(data):
                    return True
                self.path = ""  # no space: what came after a torn frame could not be read
        except (OSError, ValueError):
            pass
        finally:
            close_file(descriptor)
        return False
