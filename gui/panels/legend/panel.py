"""The legend: every state as it looks on the timeline, with its share of the time in view; a click filters."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, SAMPLED, State
from gui.panels.legend.entries import DENSE, ROOMY, MarkEntry, Size, StateEntry
from gui.state.filters import Filters
from gui.state.view_window import ViewWindow
from gui.theme import GRID, ActiveTheme
from gui.timeline.pixels.raster import MERGED, Raster
from gui.widgets.assistive import announce
from gui.widgets.dress_when_seen import DressWhenSeen

MOST_LINES = 2  # of roomy ones; where they would be more, entries are dense and how sure figures are is in their tips
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
        """States flow into as many lines as they need; at their right ends as many marks as there is room for.

        The first NEEDED_MARKS are always there, if need be in a line of their own; a button tells of the others.
        """
        size = ROOMY
        lines = self._flow(size)
        if lines > MOST_LINES:
            size = DENSE
            lines = self._flow(size)
        self.setFixedHeight(lines * size.line)

    def _flow(self, size: Size) -> int:
        """Entries of this size; the number of lines that they need."""
        parts: list[StateEntry | MarkEntry] = [*self.entries.values(), *self.marks]
        for part in parts:
            part.take_size(size)
        right = self.width() - GRID
        x, ends = GRID, [GRID]
        for entry in self.entries.values():
            width = entry.sizeHint().width()
            if x + width > right and x > GRID:
                x = GRID
                ends.append(x)
            entry.setGeometry(x, (len(ends) - 1) * size.line, width, size.line)
            x = ends[-1] = x + width
        return self._place_marks(size, [right - end for end in ends])

    def _place_marks(self, size: Size, rooms: list[int]) -> int:
        """Into the room that each line has left, lowest line first; the number of lines with one more if need be."""
        widths = [mark.sizeHint().width() for mark in self.marks]
        lines = into_rooms(widths, rooms)
        if None in lines:
            lines = into_rooms(widths, [*rooms[:-1], rooms[-1] - MORE_PX])
        if None in lines[:NEEDED_MARKS]:
            rooms = [*rooms, self.width() - 2 * GRID]
            lines = into_rooms(widths, rooms)
            if None in lines:
                lines = into_rooms(widths, [*rooms[:-1], rooms[-1] - MORE_PX])
        left_out = [mark.accessibleName() for mark, line in zip(self.marks, lines, strict=True) if line is None]
        rights = [self.width() - GRID] * len(rooms)
        last = (len(rooms) - 1) * size.line
        if left_out:
            rights[-1] -= MORE_PX
            self.more.setGeometry(rights[-1] + GRID // 2, last + 2, MORE_PX - GRID // 2, size.line - 4)
        for mark, width, line in reversed(list(zip(self.marks, widths, lines, strict=True))):
            mark.setVisible(line is not None)
            if line is not None:
                rights[line] -= width
                mark.setGeometry(rights[line], line * size.line, width, size.line)
        self.more.setVisible(bool(left_out))
        self.more.setToolTip(f"{MORE}: {', '.join(left_out)}")
        return len(rooms)

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
        shown = [entry.accessibleName() for each, entry in self.entries.items() if each in self._filters.states]
        announce(self.entries[state], f"Shown: {', '.join(shown) or 'all states'}")

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


def into_rooms(widths: Sequence[int], rooms: Sequence[int]) -> list[int | None]:
    """For each width the number of the last room that has still room for it, None where no room has."""
    left, places = list(rooms), []
    for width in widths:
        place = next((number for number in reversed(range(len(left))) if left[number] >= width), None)
        if place is not None:
            left[place] -= width
        places.append(place)
    return places
