"""Live plots on the timeline's time axis: running lanes, lock waiters, queue depth, CPU and memory.

All of them share one chart. Each is scaled to a band of it; its header beside it gives name, unit, top of the scale
and the value under the pointer.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.model.model import Model
from gui.frame_budget import FrameBudget
from gui.panels.plots.arrival import ChartPlace
from gui.panels.plots.header import COLLAPSED_PX, PlotHeader
from gui.panels.plots.series import SERIES, Curve, Grid, Line, newest, nice_top
from gui.state.arrangement import FIRST_NAMES_PX
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_scale import TimeScale

SCROLL_BAR_PX = 12  # the timeline's lanes end that far from the right
COLUMN_PX = 3  # logical px per plotted value
LEAST_PX = 40  # of a plot that is not collapsed
REDRAW_S = 0.1  # data that come in are drawn at most this often
MOST_SHARE = 0.1  # of the thread's time that computing takes, however much there is to compute
DRAW_S = 0.003  # of a frame that drawing takes
STEP_S = 0.001  # the same of computing a plot or a part of it, about, and of writing the values
PIECE_S = 0.002  # thread CPU time of a piece of drawing at rest, about; drawing itself is a piece
LATER_MS = 16
REST_MS = 1
LATEST_S = 0.05  # drawing and computing go on after so long, whatever frames have to spare
PLACED_S = 0.03  # the same of moving what is drawn along with the view
PATIENCE_S = 0.3  # without data, until what is drawn need not wait for them
HEADROOM = 0.86  # share of its band that a plot fills at most
FOOTROOM = 0.03  # share of its band that is left free below
_DRAW_SOON = QEvent.Type(QEvent.registerEventType())


class Plots(QWidget):
    """A stack of small plots that share the view window. Each can be collapsed to its header."""

    chart_arrived = Signal(QWidget)  # what the plots are painted on

    def __init__(
        self,
        view: ViewWindow,
        selection: Selection,
        themes: ActiveTheme,
        parent: QWidget | None = None,
        *,
        budget: FrameBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._view, self._selection, self._themes, self._clock = view, selection, themes, clock
        self._model: Model | None = None
        self._drawn_at = self._placed_at = 0.0
        self._drawn_version = -1
        self._asked = False
        self._budget = budget or FrameBudget()
        self._stepped_at = 0.0
        self._step_s = [STEP_S] * len(SERIES) + [DRAW_S]  # of a frame: each plot's computing, then drawing
        self._cost_s = 0.0  # thread CPU time that computing has taken
        self._put_off_since: float | None = None
        self._later = QTimer(self)  # when the frame has had no time left
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self._draw_soon)
        self._stale = False
        self._values_stale = False  # the plots have been drawn, their values not yet written
        self._fed_at = float("-inf")  # when data last came in
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(round(PATIENCE_S * 1000))
        self._settle.timeout.connect(self._finish)
        self._rest = QTimer(self)  # between two pieces of the last drawing
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._go_on)
        self._pending: Grid | None = None
        self._names_px = FIRST_NAMES_PX
        self._computed: list[list[Curve]] = []
        self._to_come: Iterator[Curve | None] | None = None  # of the plot being computed
        self._found: list[Curve] = []  # the same: what is there
        self._grid: Grid | None = None
        self._values: list[list[Curve]] = [[] for _ in SERIES]
        self.headers = [PlotHeader(series.title, series.tip, self) for series in SERIES]
        self._chart = ChartPlace(self._on_pointer, themes, self)
        self._chart.arrived.connect(self._draw_soon)
        self._chart.arrived.connect(self.chart_arrived)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(self._names_px, 0, SCROLL_BAR_PX, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._chart)
        for header in self.headers:
            header.toggled.connect(self._on_collapsed)
        view.changed.connect(self._on_view_changed)
        selection.hover_changed.connect(self._show_cursor)
        themes.changed.connect(self._dress)
        self.setMinimumHeight(len(SERIES) * COLLAPSED_PX)
        self._dress()

    def set_names_px(self, width_px: int) -> None:
        """How wide the names are that stand beside the timeline: times lie below each other."""
        if width_px == self._names_px:
            return
        self._names_px = width_px
        self._layout.setContentsMargins(width_px, 0, SCROLL_BAR_PX, 0)
        self._place()
        self._draw_soon()

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""
        self._model = model
        self._drawn_version = -1
        self._pending = None
        self._drawn_at = self._fed_at = float("-inf")
        self._draw_soon()

    def refresh(self) -> None:
        """The model has taken in data: once a frame, which computes a plot, or draws them, or writes the values."""
        model = self._model
        if model is None or not self.isVisible():
            return
        if not self._chart.here:
            self._chart.call()
            return
        if model.version != self._drawn_version:
            self._fed_at = self._clock()
        if self._budget.spare_s() >= DRAW_S or self._clock() - self._placed_at >= PLACED_S:
            self._keep_in_place()
        if model.finished:
            if self._pending is not None or self._stale or self._values_stale or model.version != self._drawn_version:
                self._rest.start()  # in an event of its own: this frame has done enough
            return
        if self._budget.spare_s() >= self._next_s:
            self._stepped_at = self._clock()
            self._advance()
        elif self._clock() - self._stepped_at >= LATEST_S and not self._rest.isActive():
            # Taking in has been expensive, and the timeline is still to be painted. In frames that never have time to
            # spare plots would fall behind by a second, so they are drawn between these.
            self._stepped_at = self._clock()
            self._rest.start()
        if self._pending is not None:
            self._settle.start()

    def _finish(self) -> None:
        """Draws what is still to be drawn, when no more data come."""
        model = self._model
        if model is not None and not model.finished and self._clock() - self._fed_at < PATIENCE_S:
            self._settle.start()
            return  # they do come
        self._go_on()

    def _go_on(self) -> None:
        """Goes on for a moment, and again soon when that was not all."""
        if not self._chart.here or not self.isVisible():
            return  # what is drawn later is the newest
        begun = time.thread_time()
        while self._advance():
            if time.thread_time() - begun + self._next_s >= PIECE_S:
                self._rest.start()
                return

    @property
    def _next_s(self) -> float:
        """What the next step is going to take, about."""
        return self._step_s[len(self._computed)] if self._pending is not None else STEP_S

    @property
    def _due(self) -> bool:
        """Whether data that have come in since are to be drawn already."""
        rested = self._clock() - self._drawn_at
        return (self._model is not None and self._model.finished) or rested >= max(REDRAW_S, self._cost_s / MOST_SHARE)

    def _advance(self) -> bool:
        """The next step of what is still to be drawn; False when there is none."""
        model = self._model
        if self._pending is not None:
            self._step(model)
        elif self._values_stale:
            self._show_values()
        elif self._stale or (self._due and model is not None and model.version != self._drawn_version):
            self._begin(model)
        else:
            return False
        return True

    def draw(self) -> None:
        """Computes and draws all plots that are not collapsed, at once."""
        self._chart.fetch()
        self._begin(self._model)
        while self._pending is not None:
            self._step(self._model)
        self._show_values()

    def _begin(self, model: Model | None) -> None:
        columns = max(self._chart.width() // COLUMN_PX, 2)
        self._pending = Grid(self._view.start_ns, self._view.span_ns / columns, columns)
        self._computed = []
        self._to_come = None
        self._stale = False
        self._drawn_version = model.version if model is not None else -1
        self._cost_s = 0.0

    def _step(self, model: Model | None) -> None:
        """Computes the next plot, or a part of it; when all have been computed, draws them."""
        assert self._pending is not None
        if len(self._computed) == len(SERIES):
            self._grid, self._pending = self._pending, None
            self._values = self._computed
            self._drawn_at = self._clock()
            self._values_stale = True
            self._budget.reserve(DRAW_S)
            self._show_all()
            return
        number = len(self._computed)
        if self._to_come is None:
            wanted = model is not None and self.headers[number].expanded
            self._to_come = iter(SERIES[number].curves(model, self._pending) if model is not None and wanted else ())
            self._found = []
        begun = time.thread_time()
        for curve in self._to_come:
            if curve is not None:
                self._found.append(curve)
            if time.thread_time() - begun >= STEP_S:
                break
        else:
            self._computed.append(self._found)
            self._to_come = None
        self._step_s[number] = time.thread_time() - begun
        self._cost_s += self._step_s[number]

    def _show_all(self) -> None:
        assert self._grid is not None
        bands = self._bands()
        lines = [line for number, band in enumerate(bands) for line in self._lines(number, self._values[number], *band)]
        self._chart.show_lines(self._grid.columns, lines, [bottom for bottom, _ in bands])
        self._keep_in_place()
        self._show_cursor_line()

    def _keep_in_place(self) -> None:
        """What is drawn stands below its time in the timeline, also where the view has moved since it was computed."""
        self._placed_at = self._clock()
        if self._grid is not None:
            step_ns = self._grid.ns_per_column
            self._chart.show_view((self._view.start_ns - self._grid.start_ns) / step_ns, self._view.span_ns / step_ns)

    def _lines(self, number: int, curves: list[Curve], bottom: float, height: float) -> list[Line]:
        """The curves of one plot, scaled to its band."""
        top = nice_top(curves)
        self.headers[number].set_top(SERIES[number].text(top) if curves else "")
        theme = self._themes.current
        return [
            Line(
                bottom + np.minimum(curve.values / top, 1.0) * height * HEADROOM + height * FOOTROOM,
                curve.colour(theme),
            )
            for curve in curves
        ]

    def event(self, event: QEvent) -> bool:
        if event.type() == _DRAW_SOON:
            self._asked = False
            if self._clock() - self._fed_at < PATIENCE_S:
                self._stale = True  # as long as data keep coming, `refresh` draws
                self._settle.start()
            elif not self._chart.here:
                self._chart.call()
            elif self.isVisible():
                self._draw_or_put_off()
            return True
        return super().event(event)

    def _draw_or_put_off(self) -> None:
        """Draws unless this frame has been expensive already; but not later than LATEST_S."""
        now = self._clock()
        since = self._put_off_since if self._put_off_since is not None else now
        if self._budget.left_s() < DRAW_S and now - since < LATEST_S:
            self._put_off_since = since
            self._later.start()
        else:
            self._put_off_since = None
            if self._pending is None:
                self._begin(self._model)
            else:
                self._stale = True  # what is under way is drawn first, else a long pan would never see any of it
            self._go_on()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        self._draw_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_soon()

    def _on_view_changed(self) -> None:
        """While the view follows, data lead the way: `refresh` keeps to a lower rate."""
        if not self._view.following:
            self._draw_soon()

    def _draw_soon(self) -> None:
        """Once the events that are waiting have been handled, however often this is asked for."""
        if not self._asked:
            self._asked = True
            QCoreApplication.postEvent(self, QEvent(_DRAW_SOON), Qt.EventPriority.LowEventPriority.value)

    def _place(self) -> None:
        """Gives the height to the plots that are open, the headers theirs."""
        top = 0
        for header, height in zip(self.headers, self._heights(), strict=True):
            header.setGeometry(0, top, self._names_px, height)
            top += height

    def _heights(self) -> list[int]:
        open_ = [header.expanded for header in self.headers]
        free = self.height() - COLLAPSED_PX * open_.count(False)
        each = free // max(open_.count(True), 1)
        return [each if expanded else COLLAPSED_PX for expanded in open_]

    def _bands(self) -> list[tuple[float, float]]:
        """Bottom and height of each plot, where the whole is 0 to 1 and up is positive."""
        total = max(self.height(), 1)
        bands, top = [], 0
        for height in self._heights():
            bands.append((1 - (top + height) / total, height / total))
            top += height
        return bands

    def _show_values(self) -> None:
        """Values under the pointer, else the newest ones in view."""
        self._values_stale = False
        grid, model = self._grid, self._model
        if grid is None or model is None:
            for header in self.headers:
                header.set_values([])
            return
        at = self._selection.hover_ns
        time_ns = min(model.end_ns, self._view.end_ns) if at is None else at
        column = int(min(max((time_ns - grid.start_ns) / grid.ns_per_column, 0), grid.columns - 1))
        if at is None:
            column = max(column - 1, 0)
        theme = self._themes.current
        for series, header, curves in zip(SERIES, self.headers, self._values, strict=True):
            values = []
            for curve in curves:
                # What is sampled lags behind: the newest known value stands for now.
                value = curve.values[column] if at is not None else newest(curve.values[: column + 1])
                values.append((curve.name, "–" if np.isnan(value) else series.text(value), curve.colour(theme)))
            header.set_values(values)

    def _show_cursor(self) -> None:
        self._show_values()
        self._show_cursor_line()

    def _show_cursor_line(self) -> None:
        at, grid = self._selection.hover_ns, self._grid
        if at is None or grid is None:
            self._chart.show_cursor(None)
        else:
            self._chart.show_cursor((at - grid.start_ns) / grid.ns_per_column)

    def _on_pointer(self, x: float | None) -> None:
        if self._model is None or x is None:
            self._selection.hover(None)
            return
        scale = TimeScale.fit(self._view.start_ns, self._view.end_ns, self._chart.width())
        self._selection.hover(scale.time(x))

    def _on_collapsed(self) -> None:
        self._place()
        self._draw_soon()

    def _dress(self) -> None:
        theme = self._themes.current
        for header in self.headers:
            header.set_theme(theme)
        self._draw_soon()
