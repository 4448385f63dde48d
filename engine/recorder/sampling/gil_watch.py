"""Who has which GIL, look by look, as rows of the recording: looks that follow one another and agree are one span."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.recording.schema import GIL_NOBODY, GIL_ROW

MAX_GAP_NS = 60_000_000  # between two looks nothing is known when they are further apart
MAX_SPAN_NS = 200_000_000  # a span is told at the latest then, so that a live view sees it
_MOST = 0xFFFF


@dataclass
class _Span:
    holder: int
    site: int
    start_ns: int
    seen_ns: int
    looks: int = 0
    waiting: int = 0
    switches: int = 0


class GilWatch:
    """Pure: no clock. Numbers of GILs are the recording's."""

    def __init__(self) -> None:
        self._open: dict[int, _Span] = {}
        self._switches: dict[int, int] = {}
        self._done: list[tuple[int, ...]] = []

    def add(self, gil: int, now_ns: int, holder: int, site: int, waiting: int, switches: int = 0) -> None:
        """A look: `holder` is a lane + 1, GIL_NOBODY or GIL_STRANGER; `waiting` lanes wait; `switches` so far."""
        span = self._open.get(gil)
        since = max(0, switches - self._switches.get(gil, switches))
        self._switches[gil] = switches
        fits = span is not None and now_ns - span.seen_ns <= MAX_GAP_NS
        if span is None or not fits or (holder, site) != (span.holder, span.site):
            start_ns = now_ns
            if span is not None:
                if fits:  # it changed somewhere between the two looks
                    start_ns = span.seen_ns + (now_ns - span.seen_ns) // 2
                    span.seen_ns = start_ns
                self._close(gil)
            span = self._open[gil] = _Span(holder, site, start_ns, now_ns)
        elif now_ns - span.start_ns > MAX_SPAN_NS:
            span.seen_ns = now_ns
            self._close(gil)
            span = self._open[gil] = _Span(holder, site, now_ns, now_ns)
        span.seen_ns = now_ns
        span.looks += 1
        span.waiting += waiting
        span.switches += since

    def forget(self, gil: int) -> None:
        """Its process has ended."""
        self._close(gil)
        self._switches.pop(gil, None)

    def settle(self, now_ns: int) -> None:
        """Closes spans that nothing was added to for a while."""
        for gil in [gil for gil, span in self._open.items() if now_ns - span.seen_ns > MAX_GAP_NS]:
            self._close(gil)

    def take(self) -> NDArray[np.void]:
        """The spans (GIL_ROW) that have become certain since."""
        rows = np.array(self._done, GIL_ROW)
        self._done = []
        return rows

    def _close(self, gil: int) -> None:
        span = self._open.pop(gil, None)
        if span is not None and span.seen_ns > span.start_ns and (span.holder != GIL_NOBODY or span.switches):
            numbers = min(span.looks, _MOST), min(span.waiting, _MOST)
            self._done.append(
                (gil, span.holder, span.start_ns, span.seen_ns, span.site, *numbers, span.switches & 0xFFFFFFFF)
            )
