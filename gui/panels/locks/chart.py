"""Two small pictures of one lock: how long its waits and holds lasted, and how many lanes waited for it when."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.analysis.contention import LockProfile
from engine.model.format import count, duration
from engine.recording.schema import State
from gui.theme import FONT_SMALL_PX, ActiveTheme, ui_font
from gui.widgets.assistive import PAINTED, give_role

MARGIN = 8
LINE = 16  # px, of a line of text
BAND = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ContentionChart(QWidget):
    """The histogram above, the waiters over the whole recording below: a click there chooses a time."""

    time_chosen = Signal(float)  # ns

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._profile: LockProfile | None = None
        themes.changed.connect(self.update)
        self.setMinimumWidth(160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Waits and holds of the chosen lock")
        give_role(self, PAINTED)
        self.setToolTip("How long waits and holds lasted; below, how many waited when: click to go there")

    def show_profile(self, profile: LockProfile | None) -> None:
        """None: nothing to show."""
        self._profile = profile
        self.setAccessibleDescription(_described(profile) if profile is not None else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 140)

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme = self._themes.current
            painter.fillRect(self.rect(), theme.color("panel"))
            if self._profile is None:
                return
            painter.setFont(ui_font(FONT_SMALL_PX))
            inner, half = self._inner(), self.height() // 2
            self._paint_histogram(
                painter, self._profile, QRect(inner.left(), inner.top(), inner.width(), half - MARGIN)
            )
            self._paint_waiters(painter, self._profile, QRect(inner.left(), half, inner.width(), inner.bottom() - half))

    def event(self, event: QEvent) -> bool:
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return super().event(event)
        QToolTip.showText(event.globalPos(), self.figures_at(event.pos()) or self.toolTip(), self)
        return True

    def figures_at(self, place: QPoint) -> str:
        """How many waits and holds the bars at a place of the histogram stand for; empty where there are none."""
        bins = self._bins()
        inner = self._inner()
        if self._profile is None or bins is None or place.y() > self.height() // 2:
            return ""
        first, last = bins
        power = first + (place.x() - inner.left()) * (last - first + 1) // max(1, inner.width())
        if not first <= power <= last:
            return ""
        waits, holds = int(self._profile.wait_histogram[power]), int(self._profile.hold_histogram[power])
        span = f"{duration(2.0**power)} to {duration(2.0 ** (power + 1))}"
        return f"{span}: {count(waits, 'wait')}, {count(holds, 'hold')}"

    def _bins(self) -> tuple[int, int] | None:
        """The first and the last power of two of the histogram that anything lasted; None: nothing did."""
        if self._profile is None:
            return None
        used = np.flatnonzero(self._profile.wait_histogram + self._profile.hold_histogram)
        return (int(used[0]), int(used[-1])) if len(used) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """In the lower half: that moment."""
        inner, place = self._inner(), event.position()
        if self._profile is not None and place.y() > self.height() // 2:
            model = self._profile.model
            share = min(max((place.x() - inner.left()) / max(1, inner.width()), 0.0), 1.0)
            self.time_chosen.emit(model.start_ns + share * (model.end_ns - model.start_ns))

    def _inner(self) -> QRect:
        return self.rect().adjusted(MARGIN, MARGIN // 2, -MARGIN, -MARGIN // 2)

    def _paint_histogram(self, painter: QPainter, profile: LockProfile, area: QRect) -> None:
        """Bars by powers of two; waits and holds beside each other in each, both as shares of their highest."""
        theme = self._themes.current
        waits, holds = profile.wait_histogram, profile.hold_histogram
        bins = self._bins()
        if bins is None:
            return
        first, last = bins
        title = QRect(area.left(), area.top(), area.width(), LINE)
        inks = (theme.state_color(State.LOCK_WAIT), QColor(theme.hold))
        self._paint_key(painter, title, (("waits", inks[0]), ("holds", inks[1])))
        bars = QRect(area.left(), title.bottom(), area.width(), max(4, area.height() - 2 * LINE))
        width = bars.width() / (last - first + 1)
        for series, ink, shift in ((waits, inks[0], 0.0), (holds, inks[1], 0.5)):
            top = max(1, int(series.max()))
            for power in range(first, last + 1):
                if series[power]:
                    height = max(2, round(bars.height() * int(series[power]) / top))
                    left = bars.left() + round((power - first + shift) * width)
                    painter.fillRect(left, bars.bottom() - height, max(1, round(width / 2) - 1), height, ink)
        painter.setPen(theme.color("text_dim"))
        below = QRect(area.left(), bars.bottom(), area.width(), LINE)
        painter.drawText(below, BAND, duration(2.0**first))
        painter.drawText(below, RIGHT, duration(2.0 ** (last + 1)))

    def _paint_key(self, painter: QPainter, area: QRect, entries: tuple[tuple[str, QColor], ...]) -> None:
        at = area.left()
        for name, ink in entries:
            painter.fillRect(at, area.center().y() - 4, 8, 8, ink)
            painter.setPen(self._themes.current.color("text_dim"))
            painter.drawText(QRect(at + 12, area.top(), 80, area.height()), BAND, name)
            at += 12 + painter.fontMetrics().horizontalAdvance(name) + 16

    def _paint_waiters(self, painter: QPainter, profile: LockProfile, area: QRect) -> None:
        theme, model = self._themes.current, profile.model
        columns = max(1, area.width() // 2)
        span = max(1, model.end_ns - model.start_ns)
        values = profile.waiters(model.start_ns, span / columns, columns)
        top = float(np.ceil(values.max())) if len(values) else 0.0
        painter.setPen(theme.color("text_dim"))
        title = QRect(area.left(), area.top(), area.width(), LINE)
        painter.drawText(title, BAND, "waiters over time")
        if top <= 0:
            painter.drawText(title, RIGHT, "none")
            return
        painter.drawText(title, RIGHT, f"{top:.0f}")
        body = QRect(area.left(), title.bottom(), area.width(), max(4, area.height() - LINE))
        ink = theme.state_color(State.LOCK_WAIT)
        for column, value in enumerate(values.tolist()):
            if value > 0:
                height = max(1, round(body.height() * value / top))
                painter.fillRect(body.left() + 2 * column, body.bottom() - height, 2, height, ink)


def _described(profile: LockProfile) -> str:
    waits = profile.waits[:, 2] - profile.waits[:, 1]
    longest = duration(int(waits.max())) if len(waits) else "none"
    return f"{count(len(waits), 'wait')}, the longest {longest}; {count(int(profile.hold_histogram.sum()), 'hold')}"
