"""The legend: every state as it looks on the timeline, with its share of the time in view; a click filters."""

import time
from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolButton, QWidget

from engine.model.attribution import ACCOUNTED, LOOKED_AT, WORTH_TELLING, doubt, points_in_words
from engine.model.format import duration, percent
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, SAMPLED, State
from gui.state.filters import Filters
from gui.state.view_window import ViewWindow
from gui.theme import FONT_SMALL_PX, GRID, STATE_NAMES, ActiveTheme, Theme, ui_font
from gui.timeline.layout.row_shape import RowShape
from gui.timeline.pixels.raster import MERGED, Raster
from gui.widgets.dress_when_seen import DressWhenSeen

LINE_PX = 28
SWATCH_PX = 20
SHAPE = RowShape()
SWATCH_HEIGHT_PX = SHAPE.hold_bottom - SHAPE.bar_top
RECOUNT_S = 0.25
LANES_AT_ONCE = 256  # counted in one piece: about 2 ms
NEEDED_MARKS = 2
MORE = "What else is marked"
MORE_PX = 32  # width of the button that tells of the marks that there is no room for
MERGED_GIL = "GIL or core wait"  # where the system does not tell them apart
STATES = (
    State.RUNNING, State.GIL_WAIT, State.CORE_WAIT, State.LOCK_WAIT, State.WAIT,
    State.IO, State.SLEEP, State.IDLE, State.UNKNOWN,
)  # fmt: skip
# What is marked besides the state, the most important first: code, worst code, held, name, explanation.
MARKS = (
    (State.LOCK_WAIT | DEADLOCKED, 0, 0, "deadlock", "Hatched and framed: a wait that never ends"),
    (State.RUNNING, 0, 1, "lock held", "A line below the bar: the lane holds a lock"),
    (
        State.RUNNING | MERGED,
        State.LOCK_WAIT,
        0,
        "merged",
        "Several slices in one pixel: the worst on the upper edge",
    ),
    (State.GIL_WAIT | SAMPLED, 0, 0, "sampled", "Darker lines: measured by sampling, not recorded"),
)


class Legend(QWidget):
    """One entry per state, in a row; behind them what else is marked on the timeline."""

    more_wanted = Signal()  # what else is marked, that there is no room for

    def __init__(
        self,
        view: ViewWindow,
        filters: Filters,
        themes: ActiveTheme,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._view, self._filters, self._themes, self._clock = view, filters, themes, clock
        self._model: Model | None = None
        self._counted: tuple[float, object] = (-1.0, None)
        self._recount = QTimer(self)
        self._recount.setSingleShot(True)
        self._recount.setInterval(round(RECOUNT_S * 1000))
        self._recount.timeout.connect(self._count_if_due)
        self._counting: Iterator[None] = iter(())  # what is left of a count
        self._go_on = QTimer(self)
        self._go_on.setSingleShot(True)
        self._go_on.setInterval(0)
        self._go_on.timeout.connect(self._count_on)
        self.entries = {state: StateEntry(state, self) for state in STATES}
        self.marks = [MarkEntry(mark, self) for mark in MARKS]
        self.more = QToolButton(self)
        self.more.setText("…")
        self.more.setProperty("flat", True)
        self.more.setAccessibleName(MORE)
        self.more.clicked.connect(self.more_wanted)
        for entry in self.entries.values():
            entry.chosen.connect(self._on_chosen)
        self.setMinimumWidth(max(entry.sizeHint().width() for entry in self.entries.values()) + 2 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setObjectName("legend")
        self.setAccessibleName("Legend")
        view.changed.connect(self._count_soon)
        filters.changed.connect(self._show_filter)
        DressWhenSeen(self, themes, self._dress)
        self._dress()

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""
        self._model = model
        self._counted = (-1.0, None)
        self._count_if_due()
        self.update()

    def refresh(self) -> None:
        """The model has taken in data: once a frame."""
        self._count_soon()

    def count(self) -> None:
        """Counts the time per state in view, over all lanes but service lanes."""
        for _ in self._pieces():
            pass

    def _pieces(self) -> Iterator[None]:
        """The same in pieces of LANES_AT_ONCE."""
        model = self._model
        if model is None or not model.lanes:
            for entry in self.entries.values():
                entry.set_time(None)
            return
        lanes = np.array([lane.id for lane in model.lanes if not lane.internal], dtype=np.int64)
        start = max(self._view.start_ns, model.start_ns)
        end = min(self._view.end_ns, model.end_ns)
        span = int(start), max(int(end), int(start))
        spent, looked_at = [], []
        for first in range(0, max(len(lanes), 1), LANES_AT_ONCE):
            if first:
                yield
            some = lanes[first : first + LANES_AT_ONCE]
            spent.append(model.states.totals(some, *span))
            looked_at.append(model.states.sampled(some, *span))
        of_lanes = np.concatenate(spent)
        points = model.attribution.uncertainty(of_lanes, np.concatenate(looked_at))
        totals = of_lanes.sum(axis=0)
        whole = int(totals.sum() - totals[State.ENDED])
        if self.entries[State.GIL_WAIT].set_name(MERGED_GIL if model.attribution.any_merged else None):
            self._lay_out()
        for state, entry in self.entries.items():
            entry.set_time(int(totals[state]), whole, float(points[state]))

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme = self._themes.current
            painter.fillRect(self.rect(), theme.color("panel"))
            painter.fillRect(0, 0, self.width(), 1, theme.color("border"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, which no entry takes for itself, ends the filter."""
        if event.key() == Qt.Key.Key_Escape and self._filters.states:
            self._filters.show_states(())
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        """States flow into as many lines as they need; at the right as many marks as there is room for beside them.

        The first NEEDED_MARKS are always there, if need be in a line of their own; a button tells of the others.
        """
        right = self.width() - GRID
        x, y = GRID, 0
        for entry in self.entries.values():
            width = entry.sizeHint().width()
            if x + width > right and x > GRID:
                x, y = GRID, y + LINE_PX
            entry.setGeometry(x, y, width, LINE_PX)
            x += width
        widths = np.cumsum([mark.sizeHint().width() for mark in self.marks])
        if widths[NEEDED_MARKS - 1] + MORE_PX > right - x:
            x, y = GRID, y + LINE_PX
        room = right - x if widths[-1] <= right - x else right - x - MORE_PX
        fitting = max(1, int(np.searchsorted(widths, room, side="right")))
        all_fit = fitting == len(self.marks)
        left = max(GRID, right - int(widths[fitting - 1]) - (0 if all_fit else MORE_PX))
        for number, mark in enumerate(self.marks):
            mark.setVisible(number < fitting)
            mark.setGeometry(left, y, mark.sizeHint().width(), LINE_PX)
            left += mark.width() if number < fitting else 0
        self.more.setVisible(not all_fit)
        self.more.setGeometry(left + GRID // 2, y + 2, MORE_PX - GRID // 2, LINE_PX - 4)
        left_out = ", ".join(mark.accessibleName() for mark in self.marks[fitting:])
        self.more.setToolTip(f"{MORE}: {left_out}")
        self.setFixedHeight(y + LINE_PX)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count_if_due()

    def _count_soon(self) -> None:
        """Counts now, or as soon as the last count is old enough. Only entries whose figure changes are painted."""
        if self.isVisible() and not self._recount.isActive():
            self._count_if_due()
            self._recount.start()

    def _count_if_due(self) -> None:
        now = self._clock()
        shown = (self._view.start_ns, self._view.end_ns, self._model and self._model.version)
        counted_at, counted = self._counted
        if shown != counted and (counted is None or now - counted_at >= RECOUNT_S):
            self._counted = (now, shown)
            self._counting = self._pieces()
            self._count_on()

    def _count_on(self) -> None:
        """The next piece; the rest in events of their own."""
        for _ in self._counting:
            self._go_on.start()
            return

    def _on_chosen(self, state: State, extend: bool) -> None:
        self._filters.toggle_state(state, extend=extend)

    def _show_filter(self) -> None:
        shown = self._filters.states
        for state, entry in self.entries.items():
            entry.set_dimmed(bool(shown) and state not in shown)

    def _dress(self) -> None:
        theme = self._themes.current
        raster = Raster(theme, self.devicePixelRatioF())
        entries: list[StateEntry | MarkEntry] = [*self.entries.values(), *self.marks]
        for entry in entries:
            entry.set_theme(theme, raster)
        self.update()


class StateEntry(QAbstractButton):
    """A state: how it looks, its name, its share of the time in view and, where that is sampled, how sure it is."""

    chosen = Signal(object, bool)  # State, whether to add it to those shown

    def __init__(self, state: State, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self._share: float | None = None
        self._points = 0.0
        self._time_ns = 0
        self._dimmed = False
        self._theme: Theme | None = None
        self._swatch = QImage()
        self._extend = False
        widest = "99\u2009±\u20099 %" if state in ACCOUNTED + LOOKED_AT else "100 %"
        self._share_px = QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(widest)
        self._name, self._name_px = "", 0
        self.set_name(None)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the timeline its keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.clicked.connect(self._on_clicked)

    @property
    def share(self) -> float | None:
        return self._share

    @property
    def name(self) -> str:
        """What the state is called here."""
        return self._name

    def set_name(self, name: str | None) -> bool:
        """Calls the state otherwise than usual; None: as usual. Whether that is another name than before."""
        name = name or STATE_NAMES[self._state]
        if name == self._name:
            return False
        self._name = name
        self._name_px = QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(name)
        self.setAccessibleName(name)
        self.setToolTip(self.tip())
        self.update()
        return True

    def set_time(self, time_ns: int | None, whole_ns: int = 0, points: float = 0.0) -> None:
        """Time of all lanes in this state, of how much, sure within so many points; None: nothing to count."""
        before = self.figure
        self._share = None if time_ns is None else time_ns / whole_ns if whole_ns else 0.0
        self._time_ns, self._points = time_ns or 0, points
        if self.figure != before:
            self._describe()
            self.update()

    @property
    def figure(self) -> str:
        """What stands behind the name: `61 %`, or `61 ± 2 %` of what is sampled; empty: nothing to count."""
        if self._share is None:
            return ""
        if self._points < WORTH_TELLING:
            return percent(self._share)
        return f"{100 * self._share:.0f}{doubt(self._points)} %".replace(" ± ", "\u2009±\u2009")

    def set_dimmed(self, dimmed: bool) -> None:
        self._dimmed = dimmed
        self._describe()
        self.update()

    def _describe(self) -> None:
        parts = (self.figure, "dimmed" if self._dimmed else "")
        self.setAccessibleDescription(", ".join(part for part in parts if part))

    def event(self, event: QEvent) -> bool:
        """A tip is written when it is asked for: the figures change many times a second."""
        if event.type() is QEvent.Type.ToolTip:
            self.setToolTip(self.tip())
        return super().event(event)

    def tip(self) -> str:
        """The figure in full, and what a click does."""
        click = f"Show only {self._name}; with Ctrl add it to what is shown. Again: show everything."
        if self._share is None:
            return click
        exact = f"{100 * self._share:.1f} %{points_in_words(self._points)}"
        return f"{self._name}: {exact} of the time in view, {duration(self._time_ns)} of all lanes together\n{click}"

    def set_theme(self, theme: Theme, raster: Raster) -> None:
        self._theme = theme
        self._swatch = swatch(raster, int(self._state), 0, 0)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(8 + SWATCH_PX + 5 + self._name_px + 4 + self._share_px + 6, LINE_PX)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._extend = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().mouseReleaseEvent(event)
        self._extend = False

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space as a click, Ctrl+Space as one with Ctrl."""
        self._extend = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().keyReleaseEvent(event)
        self._extend = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        with QPainter(self) as painter:
            if self.underMouse():
                painter.fillRect(self.rect().adjusted(0, 1, 0, 0), theme.color("hovered"))
            painter.setOpacity(0.35 if self._dimmed else 1.0)
            painter.drawImage(8, (LINE_PX - SWATCH_HEIGHT_PX) // 2, self._swatch)
            painter.setOpacity(1.0)
            painter.setFont(ui_font(FONT_SMALL_PX))
            left = 8 + SWATCH_PX + 5
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(theme.color("text_dim" if self._dimmed else "text"))
            painter.drawText(QRect(left, 0, self._name_px + 2, LINE_PX), flags, self._name)
            if self._share is not None:
                painter.setPen(theme.color("text_dim"))
                box = QRect(left + self._name_px + 4, 0, self._share_px, LINE_PX)
                painter.drawText(box, flags | Qt.TextFlag.TextDontClip, self.figure)
            if self.hasFocus():
                painter.setPen(theme.color("accent"))
                painter.drawRect(self.rect().adjusted(0, 1, -1, -2))

    def _on_clicked(self) -> None:
        self.chosen.emit(self._state, self._extend)


class MarkEntry(QWidget):
    """Something else that is marked: how it looks and its name."""

    def __init__(self, mark: tuple[int, int, int, str, str], parent: QWidget) -> None:
        super().__init__(parent)
        code, worst, held, name, tip = mark
        self._look = (int(code), int(worst), held)
        self._name = name
        self._theme: Theme | None = None
        self._swatch = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)

    def set_theme(self, theme: Theme, raster: Raster) -> None:
        self._theme = theme
        self._swatch = swatch(raster, *self._look)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(10 + SWATCH_PX + 5 + QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(self._name), LINE_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None:
            return
        with QPainter(self) as painter:
            painter.drawImage(8, (LINE_PX - SWATCH_HEIGHT_PX) // 2, self._swatch)
            painter.setFont(ui_font(FONT_SMALL_PX))
            painter.setPen(self._theme.color("text_dim"))
            painter.drawText(
                self.rect().adjusted(8 + SWATCH_PX + 5, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._name
            )


def swatch(raster: Raster, code: int, worst: int, held: int) -> QImage:
    """A little piece of the timeline: one lane in this state."""
    ratio = raster.ratio
    columns, height = round(SWATCH_PX * ratio), raster.row_height
    pixels = np.empty((1, height, columns), dtype=np.uint32)
    codes, worsts, holds = (np.full((1, columns), value, dtype=np.uint8) for value in (code, worst, held))
    raster.fill_lanes(pixels, codes, worsts, holds, 0)
    top, bottom = round(SHAPE.bar_top * ratio), round(SHAPE.hold_bottom * ratio)
    image = QImage(pixels.data, columns, height, columns * 4, QImage.Format.Format_RGB32)
    part = image.copy(0, top, columns, bottom - top)
    part.setDevicePixelRatio(ratio)
    return part
