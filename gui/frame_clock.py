"""The only timer that takes in data and paints: sixty times a second at most, hardly ever when idle."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gui.frame_budget import FrameBudget

FRAME_MS = 16
HEAVY_FRAME_MS = 33  # when a frame costs more than HEAVY_SHARE of the usual one
SATURATED_FRAME_MS = 40  # leaves the cores to what is being watched
HEAVY_SHARE = 0.5
RECENT = 30  # frames that tell what a frame costs now, and whether that is heavy
IDLE_MS = 250
QUIET_FRAMES = 30  # frames without news until the clock idles
MOST_SKIPPED = 4  # paints in a row that may be left out
TAKE_IN_SHARE = 0.5  # of the frame's time
SATURATED_PERCENT = 90.0
KEPT = 600  # frames that the statistics look back on


class Cores:
    """How busy all of them are."""

    def __init__(self) -> None:
        self._asked = False

    def percent(self) -> float:
        """Since the last time; 0 at first: psutil is loaded when the window has been painted."""
        if not self._asked:
            self._asked = True
            return 0.0
        import psutil

        return psutil.cpu_percent()


@dataclass(frozen=True)
class FrameStatistics:
    """What the window's own thread costs. Times are milliseconds of thread CPU time per frame, painting included."""

    frames: int
    skipped: int
    last_ms: float
    recent_ms: float  # the median of the last RECENT
    median_ms: float
    p99_ms: float
    worst_ms: float
    interval_ms: int
    cpu_percent: float  # of one core, over the kept frames


class FrameClock(QObject):
    """Calls `take_in(budget_s)` every tick and emits `frame` when that (or `wake`) brought something new.

    `take_in` stays within its budget and returns whether anything changed; it is never skipped. `frame` is left out
    when the tick is late by more than a frame, at most MOST_SKIPPED times in a row; nothing is queued. Widgets answer
    `frame` by `update()`, so all of them are painted in one go. The CPU time between two ticks is the frame's cost.
    """

    frame = Signal()
    measured = Signal()  # about twice a second while running: `statistics` has moved on

    def __init__(
        self,
        take_in: Callable[[float], bool],
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = time.perf_counter,
        thread_time: Callable[[], float] = time.thread_time,
        cpu_percent: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(parent)
        self.budget = FrameBudget(thread_time, now)
        self._take_in = take_in
        self._now = now
        self._thread_time = thread_time
        self._cpu_percent = cpu_percent or Cores().percent
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._due = 0.0
        self._woken = True
        self._quiet = 0
        self._in_a_row = 0
        self._saturated = False
        self._heavy = False
        self._next_look = 0.0
        self._costs: deque[tuple[float, float]] = deque(maxlen=KEPT)  # (wall, CPU) seconds
        self._mark: tuple[float, float] | None = None
        self._frames = self._skipped = 0

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    @property
    def interval_ms(self) -> int:
        return self._timer.interval()

    def start(self) -> None:
        self._quiet = 0
        self._mark = None
        self._schedule()

    def stop(self) -> None:
        self._timer.stop()

    def wake(self) -> None:
        """Something may have changed by other means than data: back to the full rate, and one frame at least."""
        self._woken = True
        if self._quiet >= QUIET_FRAMES:
            self._quiet = 0
            if self.running:
                self._schedule()

    def tick(self) -> None:
        """One turn: take in, and tell the views unless it is too late for this frame."""
        now = self._now()
        self._measure(now)
        self.budget.begin()
        interval = self._timer.interval() / 1000
        late = now - self._due > interval
        self._due = now + interval
        changed = self._take_in(interval * TAKE_IN_SHARE) or self._woken
        if changed and late and self._in_a_row < MOST_SKIPPED:
            self._in_a_row += 1
            self._skipped += 1
            self._woken = True
        elif changed:
            self._in_a_row = 0
            self._frames += 1
            self._woken = False
            self.frame.emit()
        was_idle = self._quiet >= QUIET_FRAMES
        self._quiet = 0 if changed else self._quiet + 1
        if was_idle != (self._quiet >= QUIET_FRAMES) or self._look_around(now):
            self._schedule()

    def statistics(self) -> FrameStatistics:
        costs = sorted(cpu * 1000 for _, cpu in self._costs)
        recent = sorted(cpu * 1000 for _, cpu in list(self._costs)[-RECENT:])
        wall = sum(wall for wall, _ in self._costs)
        total = sum(costs)
        return FrameStatistics(
            frames=self._frames,
            skipped=self._skipped,
            last_ms=self._costs[-1][1] * 1000 if self._costs else 0.0,
            recent_ms=recent[len(recent) // 2] if recent else 0.0,
            median_ms=costs[len(costs) // 2] if costs else 0.0,
            p99_ms=costs[min(len(costs) - 1, len(costs) * 99 // 100)] if costs else 0.0,
            worst_ms=costs[-1] if costs else 0.0,
            interval_ms=self._timer.interval(),
            cpu_percent=total / wall / 10 if wall else 0.0,
        )

    def _measure(self, now: float) -> None:
        cpu = self._thread_time()
        if self._mark is not None:
            self._costs.append((now - self._mark[0], cpu - self._mark[1]))
        self._mark = (now, cpu)

    def _look_around(self, now: float) -> bool:
        """Twice a second: are the cores saturated, are frames heavy? Returns whether that has changed."""
        if now < self._next_look:
            return False
        self._next_look = now + 0.5
        before = (self._saturated, self._heavy)
        self._saturated = self._cpu_percent() >= SATURATED_PERCENT
        recent = [cpu for _, cpu in list(self._costs)[-RECENT:]]
        # Going back takes half of that, so that the rate does not flutter.
        limit = HEAVY_SHARE * FRAME_MS / 1000 * (0.5 if self._heavy else 1.0)
        self._heavy = len(recent) == RECENT and sum(recent) / RECENT > limit
        self.measured.emit()
        return before != (self._saturated, self._heavy)

    def _schedule(self) -> None:
        if self._quiet >= QUIET_FRAMES:
            interval = IDLE_MS
        else:
            interval = SATURATED_FRAME_MS if self._saturated else HEAVY_FRAME_MS if self._heavy else FRAME_MS
        self._due = self._now() + interval / 1000
        self._timer.start(interval)
