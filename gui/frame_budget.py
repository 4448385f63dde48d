"""How much of its share of the window's thread a frame has left, for work that need not be done in this very frame."""

import time
from collections.abc import Callable

FRAME_S = 0.0060  # thread CPU time that a frame may take
SPAN_S = 0.1  # wall time after which a new frame begins in any case


class FrameBudget:
    """Thread CPU time since the frame began. The frame clock begins frames; one that lasts for long is a new one."""

    def __init__(
        self, thread_time: Callable[[], float] = time.thread_time, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._thread_time, self._now = thread_time, now
        self.painting_s = 0.0  # what painting the timeline has taken last, without what can be put off
        self.begin()

    def begin(self) -> None:
        """A frame begins."""
        self._begun, self._begun_at = self._thread_time(), self._now()

    def reserve(self, seconds: float) -> None:
        """So much of this frame is needed for what will be painted at its end."""
        self._begun -= seconds

    def spare_s(self) -> float:
        """What is left besides what painting is going to take: for work before it."""
        return self.left_s() - self.painting_s

    def left_s(self) -> float:
        """What is left, thread CPU seconds; negative when the frame has taken too long already."""
        if self._now() - self._begun_at > SPAN_S:
            self.begin()
        return FRAME_S - (self._thread_time() - self._begun)
