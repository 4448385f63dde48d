"""What the program writes to `sys.stdout` and `sys.stderr`, line by line, with thread and time."""

from __future__ import annotations

import sys

from .originals import clock
from .patching import Builtin, hidden
from .state import ThreadState, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FRAME_LIMIT = 4096  # characters
FRAMES_PER_SECOND = 500
PATIENCE_NS = 200_000_000  # an unfinished line is shown after that, at the next write


class Writer(Builtin):
    """Stands for the `write` of a stream."""

    __slots__ = ("stream",)

    def __init__(self, original: Any, stream: int) -> None:
        super().__init__(original)
        self.stream = stream

    def write(self, text: str, /) -> Any:
        """As the original."""
        with hidden:
            result = self.original(text)
        if type(text) is str:
            remember(current(), self.stream, text)
        return result


class Allowance:
    """How many frames may be written: so many a second, saved up for a second."""

    def __init__(self) -> None:
        self.left = float(FRAMES_PER_SECOND)
        self.at = 0
        self.lost = 0

    def take(self, now: int) -> bool:
        """Whether one more may be written."""
        self.left = min(FRAMES_PER_SECOND, self.left + (now - self.at) * FRAMES_PER_SECOND / 1e9)
        self.at = now
        if self.left < 1:
            self.lost += 1
            return False
        self.left -= 1
        return True


allowance = Allowance()


def remember(state: ThreadState, stream: int, text: str) -> None:
    """Text written by a thread: recorded when its line is complete, too long, or has waited long enough."""
    pending, since = state.lines.get(stream, ("", 0))
    now = clock()
    pending += text
    if pending.endswith("\n") or len(pending) >= FRAME_LIMIT or (since and now - since > PATIENCE_NS):
        state.lines.pop(stream, None)
        emit(state, stream, pending, now)
    else:
        state.lines[stream] = pending, since or now


def emit(state: ThreadState, stream: int, text: str, now: int) -> None:
    """Record it, in pieces that fit; counted only while too much is written."""
    for at in range(0, len(text), FRAME_LIMIT):
        if not allowance.take(now):
            return
        piece = text[at : at + FRAME_LIMIT]
        lost, allowance.lost = allowance.lost, 0
        if lost:
            piece = f"[{lost} lines not recorded]\n{piece}"
        if not state.ring.texts.write("output", state.serial, now, stream, piece):
            allowance.lost += lost + 1
            return


def flush(state: ThreadState) -> None:
    """Record what a thread has written and not ended by a line end."""
    for stream, (text, _) in list(state.lines.items()):
        emit(state, stream, text, clock())
    state.lines.clear()


def install() -> None:
    """Follow the streams that the program starts with."""
    for stream, file in ((1, sys.stdout), (2, sys.stderr)):
        try:
            file.write = Writer(file.write, stream).write  # type: ignore[method-assign]
        except AttributeError:  # there is none, or one that does not let us
            continue
