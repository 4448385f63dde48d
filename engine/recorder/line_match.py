"""Matches whole lines that the tracer announced with those that came through the pipe: each is to be told once.

Either may come first. A program that buffers has announced what the pipe will bring much later; one that does not
buffer has its line in the pipe before the frame about it is written.
"""

from collections import Counter, deque
from dataclasses import dataclass

LATE_NS = 30_000_000  # so long a line from the pipe waits for the thread that wrote it
_FORGET_NS = 2_000_000_000  # so long after its line came a frame may still say who wrote it
_EXPECTED_LIMIT = 16 << 20  # characters announced that have not come through the pipe
_EARLY_LIMIT = 4 << 20
_PARTS_LIMIT, _PARTS_MOST = 1000, 100  # characters, announced lines, up to which writers of one line are told apart


@dataclass
class Early:
    """A line that the pipe brought before anybody announced it, without its end. `shown`: characters already told."""

    text: str
    shown: int
    since_ns: int
    told: bool = False
    matched: bool = False


class LineMatch:
    """Of one stream."""

    def __init__(self) -> None:
        self._expected: Counter[str] = Counter()
        self._expected_size = 0
        self._waiting: deque[Early] = deque()  # to be told
        self._told: deque[Early] = deque()  # and not forgotten yet
        self._early_size = 0  # characters of both
        self._early_of: dict[str, deque[Early]] = {}

    def announce(self, line: str) -> Early | None:
        """A thread has written it: what the pipe has brought of it before. None: it will come through the pipe."""
        if line in self._early_of:
            first = self._early_of[line][0]
            first.matched = True
            self._forget(first)
            return first
        self._expect(line)
        return None

    def arrive(self, line: str, shown: int, now_ns: int) -> None:
        """The pipe brings it. What nobody has announced waits to be told, see `due`."""
        if self._expected[line]:
            self._take(line)
        elif parts := self._parts(line):  # print() writes a line and its end separately: others may get in between
            for part in parts:
                self._take(part)
            for _ in parts[1:]:
                self._expect("")
        else:
            early = Early(line, shown, now_ns)
            self._waiting.append(early)
            self._early_of.setdefault(line, deque()).append(early)
            self._early_size += len(line) + 1

    def due(self, now_ns: int, *, final: bool = False) -> list[Early]:
        """Lines that have waited long enough for somebody to announce them; each once."""
        due = []
        while self._waiting and (final or self._is_older(self._waiting[0], LATE_NS, now_ns)):
            early = self._waiting.popleft()
            self._told.append(early)
            if not early.matched:
                early.told = True
                due.append(early)
        while self._told and self._is_older(self._told[0], _FORGET_NS, now_ns):
            early = self._told.popleft()
            self._early_size -= len(early.text) + 1
            if not early.matched:
                self._forget(early)
        return due

    def _is_older(self, early: Early, age_ns: int, now_ns: int) -> bool:
        return now_ns - early.since_ns >= age_ns or self._early_size > _EARLY_LIMIT

    def _forget(self, first: Early) -> None:
        """It is the first with its text."""
        same = self._early_of[first.text]
        same.popleft()
        if not same:
            del self._early_of[first.text]

    def _expect(self, line: str) -> None:
        """It will come through the pipe, unless the program has turned its stream elsewhere."""
        self._expected[line] += 1
        self._expected_size += len(line) + 1
        if self._expected_size > _EXPECTED_LIMIT:
            self._expected.clear()
            self._expected_size = 0

    def _take(self, line: str) -> None:
        self._expected_size -= len(line) + 1
        self._expected[line] -= 1
        if not self._expected[line]:
            del self._expected[line]

    def _parts(self, line: str) -> list[str]:
        """Announced lines that make up this one, the longest that fits coming first; none when there are no such."""
        if len(line) > _PARTS_LIMIT or len(self._expected) > _PARTS_MOST:
            return []
        left = Counter({text: count for text, count in self._expected.items() if text and text in line})
        longest_first = sorted(left, key=len, reverse=True)
        parts: list[str] = []
        at = 0
        while at < len(line):
            part = next((text for text in longest_first if left[text] and line.startswith(text, at)), None)
            if part is None:
                return []
            left[part] -= 1
            parts.append(part)
            at += len(part)
        return parts
