"""Details of what is selected: a slice, a span, a lane, as rich text whose links select and open things."""

import time
from collections.abc import Callable

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.model.model import Model
from gui.panels.details.page import Page
from gui.state.selection import Selection
from gui.state.span_state import SpanState
from gui.state.view_window import ViewWindow
from gui.theme import GRID, ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.linked_text import LinkedText

REDRAW_S = 0.25  # while the selected slice still goes on


class Details(QWidget):
    """State, certainty, duration, primitive, holder, code, stack and hand-offs of the selection."""

    source_requested = Signal(str, int)  # file, line
    statistics_requested = Signal()

    def __init__(
        self,
        view: ViewWindow,
        selection: Selection,
        themes: ActiveTheme,
        spans: SpanState,
        times: RulerTimes,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._view, self._selection, self._themes, self._clock = view, selection, themes, clock
        self._spans, self._times = spans, times
        self._model: Model | None = None
        self._shown: tuple[float, int] = (0.0, -1)
        self._html = ""
        self._soon = QTimer(self)  # writing a page takes a frame's time: an event of its own, and showing it another
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._draw_next)
        self._written = ""  # the page that is going to be shown
        self._drawn: object = None  # what was selected then
        self.browser = LinkedText("Details of the selection", self)
        self.browser.setFrameShape(LinkedText.Shape.NoFrame)
        self.browser.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)  # paths are long words
        self.browser.document().setDocumentMargin(GRID + GRID // 2)
        self.browser.anchorClicked.connect(self._on_link)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.browser)
        selection.changed.connect(self._on_selection_changed)
        DressWhenSeen(self, themes, self._draw_soon)
        spans.changed.connect(self._on_span_changed)
        times.changed.connect(self._draw_soon)
        self.draw()

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""
        self._model = model
        self.draw()

    def refresh(self) -> None:
        """The model has taken in data: once a frame. Draws anew only while what is selected may still change."""
        model = self._model
        drawn_at, version = self._shown
        if model is None or model.version == version or self._selection.empty:
            return
        chosen = self._selection.slice
        settled = chosen is not None and not chosen.open and not model.finished
        if not settled and self._clock() - drawn_at >= REDRAW_S:
            self._take_newer_slice(model)
            self._draw_soon()

    def draw(self) -> None:
        """Writes the page for the selection as it is."""
        self._soon.stop()
        self._write()
        self._show_written()

    @property
    def writing(self) -> bool:
        """Whether the page is not yet that of the selection."""
        return self._soon.isActive()

    def _draw_soon(self) -> None:
        """The same, step by step."""
        self._written = ""
        self._drawn = self._selected()
        self._soon.start()

    def _draw_next(self) -> None:
        if self._written:
            self._show_written()
        else:
            self._write()
            self._soon.start()

    def _write(self) -> None:
        model = self._model
        self._shown = (self._clock(), model.version if model is not None else -1)
        self._drawn = self._selected()
        self._written = Page(self._themes.current, self._times, model, self._spans.statistics).html(self._selection)

    def _show_written(self) -> None:
        html, self._written = self._written, ""
        if html != self._html:
            self._html = html
            scroll = self.browser.verticalScrollBar()
            place = scroll.value()
            self.browser.setHtml(html)
            scroll.setValue(place)

    def _selected(self) -> object:
        chosen = self._selection
        return chosen.slice, chosen.span, chosen.lane, chosen.group, chosen.chosen_primitive, self._spans.statistics

    def _on_selection_changed(self) -> None:
        """A new span has been drawn already: its statistics began before this was told."""
        if self._selected() != self._drawn:
            self._draw_soon()

    def _on_span_changed(self) -> None:
        if self._selection.span is not None:
            self._draw_soon()

    def _take_newer_slice(self, model: Model) -> None:
        """A slice that went on when it was selected has grown or ended since."""
        chosen = self._selection.slice
        if chosen is not None and chosen.open:
            now = model.states.slice_at(chosen.lane, chosen.start_ns)
            if now is not None and now != chosen:
                primitive = self._selection.chosen_primitive
                self._selection.select_slice(now)
                if primitive is not None:
                    self._selection.select_primitive(primitive)

    def _on_link(self, url: QUrl) -> None:
        kind, _, rest = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(":")
        if kind == "source":
            line, _, file = rest.partition(":")
            self.source_requested.emit(QUrl.fromPercentEncoding(file.encode()), int(line))
        elif kind == "slice" and self._model is not None:
            lane, _, at = rest.partition(":")
            found = self._model.states.slice_at(int(lane), int(at))
            if found is not None:
                self._selection.select_slice(found)
                self._view.center_on((found.start_ns + found.end_ns) / 2)
        elif kind == "statistics":
            self.statistics_requested.emit()
        elif kind == "lane":
            self._selection.select_lane(int(rest))
        elif kind == "primitive":
            self._selection.select_primitive(int(rest))
