"""The timeline with its overview, scroll bar and buttons: what the main window places in its middle."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QScrollBar, QToolButton, QWidget

from engine.model.model import Model
from gui.frame_budget import FrameBudget
from gui.state.arrangement import Arrangement
from gui.state.filters import Filters
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.canvas import Canvas
from gui.timeline.drawing.gil_strip import GilStrip
from gui.timeline.glide import Glide
from gui.timeline.input import navigation
from gui.timeline.input.spoken import in_view
from gui.timeline.lane_filter import LaneFilter
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.overview import HEIGHT_PX, Overview
from gui.widgets.assistive import PAINTED, announce, give_role

AT_REST_MS = 400  # after which it is told where somebody has gone
MOST_AHEAD = 0.1  # of the view may lie beyond what is known, while it follows


class Timeline(QWidget):
    """Lanes of a model over time. Give it a model with `show_model`, call `refresh` once a frame while it grows."""

    def __init__(
        self,
        view: ViewWindow,
        selection: Selection,
        filters: Filters,
        themes: ActiveTheme,
        arrangement: Arrangement | None = None,
        parent: QWidget | None = None,
        *,
        budget: FrameBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._view, self._selection, self._filters = view, selection, filters
        self._model: Model | None = None
        self._live = False
        self._version = -1  # of the model, that was shown last
        self._glide = Glide(clock)
        self.arrangement = arrangement or Arrangement(parent=self)
        self.canvas = Canvas(view, selection, filters, themes, self.arrangement, self, budget=budget)
        self.canvas.layers.append(GilStrip(themes).paint)
        self.overview = Overview(view, themes, self, budget=budget)
        for painted in (self.canvas, self.overview):
            give_role(painted, PAINTED)
        self.lane_filter = LaneFilter(filters, self.canvas)
        self._scroll = QScrollBar(self)
        self._scroll.setAccessibleName("Scroll lanes")
        self.fit_button = self._make_button("Fit all", "Show the whole recording (Home)")
        self.back_button = self._make_button("Back", "Take the last zoom or pan back (Ctrl+Z)")
        self.resume_button = QPushButton("Resume following", self.canvas)
        self.resume_button.setProperty("primary", True)
        self.resume_button.setToolTip("Go back to the newest data and follow it (End)")
        self.resume_button.hide()
        self._at_rest = QTimer(self)
        self._at_rest.setSingleShot(True)
        self._at_rest.setInterval(AT_REST_MS)
        self._at_rest.timeout.connect(self._tell_view)
        self._lay_out()
        self.setFocusProxy(self.canvas)
        self.canvas.installEventFilter(self)
        self.fit_button.clicked.connect(view.fit_all)
        self.back_button.clicked.connect(view.go_back)
        self.resume_button.clicked.connect(self._on_resume)
        self._scroll.valueChanged.connect(self.canvas.scroll_to)
        self.canvas.rows_changed.connect(self._on_rows_changed)
        self.lane_filter.left.connect(self.canvas.setFocus)
        self.lane_filter.resized.connect(self._place_corner)
        self.arrangement.changed.connect(self._place_corner)
        view.changed.connect(self._update_buttons)
        view.changed.connect(self._tell_view_at_rest)
        view.follow_changed.connect(self._update_buttons)
        self._update_buttons()

    def show_model(self, model: Model | None, *, live: bool = True) -> None:
        """Shows another recording; None for none (the empty state). A live one is followed, a saved one shown whole."""
        self._model, self._live = model, live and model is not None
        self._version = -1
        self._glide.reset()
        self._selection.clear()
        self._selection.hover(None)
        self._filters.reset()
        if model is None:
            self._view.reset(0, 0, live=False)
        else:
            self._view.reset(model.start_ns, model.end_ns, live=live)
        self.canvas.show_model(model)
        self.overview.show_model(model)
        self.refresh()

    def _tell_view_at_rest(self) -> None:
        """Who works by keys alone hears where these have led; not of a view that moves by itself."""
        if not self._view.following and (self.canvas.hasFocus() or self.overview.hasFocus()):
            self._at_rest.start()

    def _tell_view(self) -> None:
        if self._model is not None:
            for part in (self.canvas, self.overview):
                announce(part, in_view(self._model, self._view, self.canvas.times(self._model)))

    def set_empty_text(self, title: str, hint: str) -> None:
        """What stands there as long as there is no model or no lane."""
        self.canvas.empty_text = (title, hint)
        self.canvas.update()

    @property
    def gliding(self) -> bool:
        """Whether the view moves by itself: it follows a recording that is going on."""
        view, model = self._view, self._model
        return self._live and model is not None and not model.finished and view.following and not view.fitting

    def refresh(self) -> None:
        """The model has taken in data: moves along when following, and repaints."""
        model = self._model
        if model is not None:
            if self.gliding:
                end = self._glide.end_ns(model.end_ns, self._view.span_ns * MOST_AHEAD)
                ns_per_px = self._view.span_ns / max(self.canvas.width(), 1)
                if model.version == self._version and end - self._view.limits.end_ns < ns_per_px:
                    return
                self._view.set_limits(model.start_ns, end)
            else:
                self._view.set_limits(model.start_ns, model.end_ns)
            self._version = model.version
            if self._live and model.finished:
                self._live = False
                self._view.end_live()
        self.canvas.refresh()
        self.overview.refresh()
        self._update_buttons()

    def focus_selection(self) -> None:
        """Zooms to the selected slice or span."""
        navigation.focus_selection(self.canvas)

    def reveal_lane(self, lane: int) -> None:
        """Scrolls a lane into view, expanding its process and its service lanes if need be."""
        navigation.reveal_lane(self.canvas, lane)

    def step_slice(self, direction: int) -> None:
        """Selects the next (+1) or previous (-1) slice of the selected lane."""
        navigation.step_slice(self.canvas, direction)

    def follow_hand_off(self, direction: int) -> None:
        """Selects the slice that the selected one woke (+1) or that ended its wait (-1)."""
        navigation.follow_hand_off(self.canvas, direction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_corner()
        self._place_resume()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.canvas and event.type() == QEvent.Type.Resize:
            self._place_resume()
        return super().eventFilter(watched, event)

    def _make_button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setProperty("flat", True)
        return button

    def _lay_out(self) -> None:
        self._corner = QWidget(self)
        self._corner.setFixedHeight(HEIGHT_PX)
        buttons = QHBoxLayout(self._corner)
        buttons.setContentsMargins(8, 4, 8, 4)
        buttons.setSpacing(4)
        buttons.addWidget(self.fit_button)
        buttons.addWidget(self.back_button)
        buttons.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self._corner, 0, 0)
        grid.addWidget(self.overview, 0, 1)
        grid.addWidget(self.canvas, 1, 0, 1, 2)
        grid.addWidget(self._scroll, 0, 2, 2, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)

    def _place_corner(self) -> None:
        """The buttons stand over the names, between them what filters lanes."""
        width = self.canvas.names_px
        self._corner.setFixedWidth(width)
        self.lane_filter.place(width, RULER_PX)

    def _place_resume(self) -> None:
        """At the ruler's end, where it covers no lane and leaves no piece of a time beside it."""
        size = self.resume_button.sizeHint()
        self.resume_button.setGeometry(
            self.canvas.width() - size.width(), 2, size.width(), min(size.height(), RULER_PX - 4)
        )

    def _update_buttons(self) -> None:
        has_lanes = self._model is not None and bool(self._model.lanes)
        self.fit_button.setEnabled(has_lanes and not self._view.fitting)
        self.back_button.setEnabled(self._view.can_go_back)
        show = has_lanes and self._live and not self._view.following
        if show != self.resume_button.isVisibleTo(self.canvas):
            self.resume_button.setVisible(show)
            self._place_resume()

    def _on_resume(self) -> None:
        self._view.resume_following()
        self.canvas.setFocus()

    def _on_rows_changed(self) -> None:
        whole = self.canvas.geometry_now().whole_rows
        self._scroll.blockSignals(True)
        self._scroll.setRange(0, max(0, len(self.canvas.rows) - whole))
        self._scroll.setPageStep(whole)
        self._scroll.setValue(self.canvas.first_row)
        self._scroll.blockSignals(False)
        self.lane_filter.show_hidden(self.canvas.hidden_lanes)
