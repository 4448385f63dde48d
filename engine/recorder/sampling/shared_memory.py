"""Which addresses of a process lie in memory that it shares with others: there lie the locks between processes.

The standard library writes and reads its queues between processes under such locks, which are its own and not recorded.
"""

import time
from collections.abc import Callable

REFRESH_NS = 500_000_000  # reading the map of a process takes part of a millisecond

Spans = list[tuple[int, int]]


def shared_spans(pid: int) -> Spans:
    """By /proc/PID/maps; empty where it cannot be read."""
    spans = []
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                span, rights = line.split(maxsplit=2)[:2]
                if rights.endswith("s"):
                    start, _, end = span.partition("-")
                    spans.append((int(start, 16), int(end, 16)))
    except (OSError, ValueError):
        return []
    return spans


class SharedMemory:
    """Of all processes that were asked about. What has been mapped since a process was last asked is not known yet."""

    def __init__(
        self, read: Callable[[int], Spans] = shared_spans, clock: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[int, tuple[int, Spans]] = {}

    def holds(self, pid: int, address: int) -> bool:
        """Whether a process shares the memory at this address."""
        read_ns, spans = self._known.get(pid, (-REFRESH_NS, []))
        if not _within(address, spans) and self._clock() - read_ns >= REFRESH_NS:
            spans = self._read(pid)
            self._known[pid] = self._clock(), spans
        return _within(address, spans)

    def forget(self, pid: int) -> None:
        """It has ended."""
        self._known.pop(pid, None)


def _within(address: int, spans: Spans) -> bool:
    return any(start <= address < end for start, end in spans)
