"""The stretch of time on screen, shared by timeline, overview and plots. Times are absolute nanoseconds, as floats."""

import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

SHORTEST_NS = 200.0  # narrower views would show floating point, not time
FIRST_SPAN_NS = 5e9  # what a live run shows before anyone has zoomed
MARGIN = 0.02  # of the span, kept free at the ends
GESTURE_S = 0.6  # navigation of one kind within this time is taken back in one step
HISTORY = 200
LEAST_NS = 1.0  # of a move; less is rounding


class Range(NamedTuple):
    """A stretch of time: start and end in ns."""

    start_ns: float
    end_ns: float


class _Place(NamedTuple):
    """Where the view was, and whether it followed or showed everything."""

    range: Range
    following: bool
    fitting: bool


class ViewWindow(QObject):
    """Which stretch of the recording is shown, whether it follows the newest data, and how it came there.

    Invariants: SHORTEST_NS <= span_ns; some part of the recording (its limits and a margin) is always in view.
    """

    changed = Signal()
    follow_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._start = 0.0
        self._span = FIRST_SPAN_NS
        self._limits = Range(0.0, 0.0)
        self._live = False  # more may come, which can be followed
        self._following = True
        self._fitting = False
        self._history: list[_Place] = []
        self._taken_back: list[_Place] = []  # the next to be restored last
        self._last_gesture = ("", 0.0)

    @property
    def start_ns(self) -> float:
        return self._start

    @property
    def end_ns(self) -> float:
        return self._start + self._span

    @property
    def span_ns(self) -> float:
        return self._span

    @property
    def limits(self) -> Range:
        """Start and end of the recording so far."""
        return self._limits

    @property
    def following(self) -> bool:
        """Whether the view moves along with new data."""
        return self._following

    @property
    def fitting(self) -> bool:
        """Whether the whole recording is shown, and goes on being shown while it grows."""
        return self._fitting

    @property
    def can_follow(self) -> bool:
        """Whether following would change anything: newer data may come, and the view does not just follow already."""
        return self._live and (self._fitting or not self._following)

    @property
    def can_go_back(self) -> bool:
        return bool(self._history)

    @property
    def can_go_forward(self) -> bool:
        return bool(self._taken_back)

    def reset(self, start_ns: float, end_ns: float, *, live: bool) -> None:
        """Another recording: forgets navigation; a live one is followed, a finished one shown whole."""
        self._history.clear()
        self._taken_back.clear()
        self._limits = Range(start_ns, max(start_ns, end_ns))
        self._span = FIRST_SPAN_NS
        self._start = start_ns
        self._live = live
        self._set_mode(following=live, fitting=not live)
        self._keep_up()
        self.changed.emit()

    def set_limits(self, start_ns: float, end_ns: float) -> None:
        """The recording has grown. The view moves only when it follows or shows everything."""
        limits = Range(start_ns, max(start_ns, end_ns))
        if limits == self._limits:
            return
        self._limits = limits
        if self._following or self._fitting:
            self._keep_up()
        self.changed.emit()

    def end_live(self) -> None:
        """No more data will come: the view stays where it is."""
        self._live = False
        self._set_mode(following=False, fitting=self._fitting)

    def show(self, start_ns: float, end_ns: float, *, gesture: str = "", keep_following: bool = False) -> None:
        """Goes to a stretch of time. Calls of the same `gesture` in quick succession are one step of `go_back`.

        Nothing is done as long as nothing is known of the recording: the view would stay on its first moment.
        """
        if self._limits.end_ns <= self._limits.start_ns:
            return
        start, span = self._allowed(start_ns, end_ns - start_ns)
        stays = abs(start - self._start) < LEAST_NS and abs(span - self._span) < LEAST_NS
        following = keep_following and self._following
        if stays and not self._fitting and following is self._following:
            return  # as at the end of what may be shown: there would be nothing to take back
        self._remember(gesture)
        self._set_mode(following=following, fitting=False)
        if (start, span) != (self._start, self._span):
            self._start, self._span = start, span
            self.changed.emit()

    def pan(self, delta_ns: float) -> None:
        """Moves the view; positive goes towards newer data. Panning back stops following."""
        self.show(self._start + delta_ns, self.end_ns + delta_ns, gesture="pan")

    def zoom(self, factor: float, at_ns: float | None = None) -> None:
        """Multiplies the span by `factor` around a time (default: the middle; the newest data while following)."""
        span = min(max(self._span * factor, SHORTEST_NS), self._longest())
        if self._following:
            if span == self._span and not self._fitting:
                return
            self._remember("zoom")
            self._set_mode(following=True, fitting=False)
            self._span = span
            self._keep_up()
            self.changed.emit()
            return
        at = self._start + self._span / 2 if at_ns is None else at_ns
        share = (at - self._start) / self._span
        start = at - share * span
        self.show(start, start + span, gesture="zoom")

    def fit_all(self) -> None:
        """Shows the whole recording, and goes on doing so while it grows."""
        if self._fitting:
            return
        self._remember("")
        self._set_mode(following=self._following, fitting=True)
        self._keep_up()
        self.changed.emit()

    def center_on(self, time_ns: float) -> None:
        """Brings a time towards the middle without changing the span, unless it is comfortably in view already.

        The recording goes on filling the view: near its ends the time stays beside the middle.
        """
        inset = self._span * 0.1
        if not self._start + inset <= time_ns <= self.end_ns - inset:
            margin = min(self._span, self._limits.end_ns - self._limits.start_ns) * MARGIN
            latest = self._limits.end_ns + margin - self._span
            start = max(min(time_ns - self._span / 2, latest), self._limits.start_ns - margin)
            self.show(start, start + self._span, gesture="center")
        else:
            self.stay()

    def stay(self) -> None:
        """Somebody goes to what is in view: a view that follows would leave it behind, so it follows no longer."""
        if self._following and not self._fitting:
            self._remember("")
            self._set_mode(following=False, fitting=False)

    def resume_following(self) -> None:
        """Back to the newest data, with the span as it is; of what is finished, to its end."""
        if not self._live:
            end = self._limits.end_ns + self._span * MARGIN
            self.show(end - self._span, end)
        elif self.can_follow:
            self._remember("")
            self._set_mode(following=True, fitting=False)
            self._keep_up()
            self.changed.emit()

    def go_back(self) -> bool:
        """Takes the last navigation back. Returns False when there is none."""
        return self._restore(self._history, self._taken_back)

    def go_forward(self) -> bool:
        """Takes the last `go_back` back. Returns False when there is none, or the view has been moved since."""
        return self._restore(self._taken_back, self._history)

    def _restore(self, source: list[_Place], others: list[_Place]) -> bool:
        if not source:
            return False
        others.append(self._here())
        place = source.pop()
        self._last_gesture = ("", 0.0)
        self._set_mode(following=place.following, fitting=place.fitting)
        self._start, self._span = place.range.start_ns, place.range.end_ns - place.range.start_ns
        if place.following or place.fitting:
            self._keep_up()
        self.changed.emit()
        return True

    def _here(self) -> _Place:
        return _Place(Range(self._start, self.end_ns), self._following, self._fitting)

    def _remember(self, gesture: str) -> None:
        now = self._clock()
        last, when = self._last_gesture
        self._last_gesture = (gesture, now)
        if gesture and gesture == last and now - when < GESTURE_S:
            return
        self._taken_back.clear()
        self._history.append(self._here())
        del self._history[:-HISTORY]

    def _set_mode(self, *, following: bool, fitting: bool) -> None:
        self._fitting = fitting
        if following != self._following:
            self._following = following
            self.follow_changed.emit(following)

    def _longest(self) -> float:
        recorded = self._limits.end_ns - self._limits.start_ns
        return max(recorded * (1 + 4 * MARGIN), FIRST_SPAN_NS, 2 * SHORTEST_NS)

    def _keep_up(self) -> None:
        """Moves to where following or fitting wants the view."""
        start, end = self._limits
        if self._fitting:
            recorded = max(end - start, 1e6)
            self._start = start - recorded * MARGIN
            self._span = max(recorded * (1 + 2 * MARGIN), SHORTEST_NS)
        else:
            margin = self._span * MARGIN
            self._start = max(end + margin - self._span, start - margin)

    def _allowed(self, start_ns: float, span_ns: float) -> tuple[float, float]:
        """Start and span nearest to these that may be shown."""
        span = min(max(span_ns, SHORTEST_NS), self._longest())
        start = start_ns + (span_ns - span) / 2
        # Half of the view may lie beyond the recording, never all of it.
        lowest = self._limits.start_ns - span / 2
        highest = self._limits.end_ns - span / 2
        return min(max(start, lowest), max(highest, lowest)), span
