"""What the times on screen are told from: the recording's start, the selection's start, or the clock on the wall."""

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from engine.model.model import Model
from gui.state.arrangement import Arrangement, Times
from gui.state.selection import Selection
from gui.timeline.layout.ticks import Ticks, clock_text, ruler_base, ruler_ticks, time_text

CLOCK_PLAIN_FROM_NS = 1e6  # clocks tell steps from here on in full


@dataclass(frozen=True)
class TimeBase:
    """Tells absolute times (ns). `origin_ns` is the time that counts as zero; of a clock, the midnight before."""

    times: Times
    origin_ns: float

    def text(self, time_ns: float, resolution_ns: float) -> str:
        """`1.2021 s`, `+0.0031 s` from a selection on, `14:03:22.104`; as exact as `resolution_ns` makes sense."""
        told = time_ns - self.origin_ns
        if self.times is Times.CLOCK:
            return clock_text(told, resolution_ns)
        sign = "+" if self.times is Times.SELECTION and told > 0 else ""
        return sign + time_text(told, resolution_ns)

    def ticks(self, start_ns: float, end_ns: float, ns_per_px: float, beside_ns: float = 0.0) -> Ticks:
        """The ruler's marks between two absolute times and up to `beside_ns` beside them; the marks' own times are
        since the origin."""
        start, end = start_ns - self.origin_ns, end_ns - self.origin_ns
        if self.times is Times.CLOCK:
            return ruler_ticks(
                start, end, ns_per_px, text=clock_text, plain_from_ns=CLOCK_PLAIN_FROM_NS, beside_ns=beside_ns
            )
        return ruler_ticks(start, end, ns_per_px, beside_ns=beside_ns)

    def base(self, start_ns: float, end_ns: float, step_ns: float) -> float | None:
        """The time, since the origin, from which the marks in this stretch are told as offsets; None: full times."""
        start, end = start_ns - self.origin_ns, end_ns - self.origin_ns
        if self.times is Times.CLOCK:
            return ruler_base(start, end, step_ns, CLOCK_PLAIN_FROM_NS)
        return ruler_base(start, end, step_ns)


def time_base(times: Times, model: Model, selection: Selection) -> TimeBase:
    """The wanted one, or since the start where there is no selection or nobody knows the time of day."""
    if times is Times.SELECTION:
        chosen = selection.span[0] if selection.span else selection.slice.start_ns if selection.slice else None
        if chosen is not None:
            return TimeBase(times, chosen)
    if times is Times.CLOCK:
        midnight = midnight_ns(model)
        if midnight is not None:
            return TimeBase(times, midnight)
    return TimeBase(Times.START, model.start_ns)


def midnight_ns(model: Model) -> float | None:
    """When the day on which the recording was made began, here; None when the recording does not say."""
    try:
        created = datetime.fromisoformat(str(model.header.get("created"))).astimezone()
    except ValueError:
        return None
    since_midnight = created - created.replace(hour=0, minute=0, second=0, microsecond=0)
    return model.start_ns - since_midnight.total_seconds() * 1e9


class RulerTimes(QObject):
    """Tells times elsewhere as the ruler does."""

    changed = Signal()  # the same times are told otherwise now

    def __init__(self, arrangement: Arrangement, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arrangement, self._selection = arrangement, selection
        self._times = arrangement.times
        arrangement.changed.connect(self._on_arranged)
        selection.changed.connect(self._on_selection_changed)

    def text(self, model: Model, time_ns: float, resolution_ns: float) -> str:
        """A time of this recording (absolute ns), as exact as `resolution_ns` makes sense."""
        return time_base(self._times, model, self._selection).text(time_ns, resolution_ns)

    def _on_arranged(self) -> None:
        if self._times is not self._arrangement.times:
            self._times = self._arrangement.times
            self.changed.emit()

    def _on_selection_changed(self) -> None:
        if self._times is Times.SELECTION:
            self.changed.emit()
