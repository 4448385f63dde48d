"""The timeline with its overview, scroll bar and buttons: what the main window places in its middle."""

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QPushButton, QScrollBar, QToolButton, QWidget

from engine.model.format import count
from engine.model.model import Model
from gui.state.arrangement import Arrangement
from gui.state.filters import Filters, Sort
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline import navigation
from gui.timeline.canvas import Canvas
from gui.timeline.geometry import RULER_PX
from gui.timeline.overview import HEIGHT_PX, Overview


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
    ) -> None:
        super().__init__(parent)
        self._view, self._selection, self._filters = view, selection, filters
        self._model: Model | None = None
        self._live = False
        self.arrangement = arrangement or Arrangement(parent=self)
        self.canvas = Canvas(view, selection, filters, themes, self.arrangement, self)
        self.overview = Overview(view, themes, self)
        self._scroll = QScrollBar(self)
        self._scroll.setAccessibleName("Scroll lanes")
        self.fit_button = self._make_button("Fit all", "Show the whole recording (Home)")
        self.back_button = self._make_button("Back", "Take the last zoom or pan back (Ctrl+Z)")
        self.resume_button = QPushButton("Resume following", self.canvas)
        self.resume_button.setProperty("primary", True)
        self.resume_button.setToolTip("Go back to the newest data and follow it (End)")
        self.resume_button.hide()
        self._lay_out()
        self.setFocusProxy(self.canvas)
        self.canvas.installEventFilter(self)
        self.fit_button.clicked.connect(view.fit_all)
        self.back_button.clicked.connect(view.go_back)
        self.resume_button.clicked.connect(self._on_resume)
        self._scroll.valueChanged.connect(self.canvas.scroll_to)
        self.canvas.rows_changed.connect(self._on_rows_changed)
        self.canvas.lane_menu_requested.connect(self._show_lane_menu)
        self.arrangement.changed.connect(self._fit_corner)
        view.changed.connect(self._update_buttons)
        view.follow_changed.connect(self._update_buttons)
        self._update_buttons()

    def show_model(self, model: Model | None, *, live: bool = True) -> None:
        """Shows another recording; None for none (the empty state). A live one is followed, a saved one shown whole."""
        self._model, self._live = model, live and model is not None
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

    def set_empty_text(self, title: str, hint: str) -> None:
        """What stands there as long as there is no model or no lane."""
        self.canvas.empty_text = (title, hint)
        self.canvas.update()

    def refresh(self) -> None:
        """The model has taken in data: moves along when following, and repaints."""
        model = self._model
        if model is not None:
            self._view.set_limits(model.start_ns, model.end_ns)
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
        self.canvas.reveal_lane(lane)

    def step_slice(self, direction: int) -> None:
        """Selects the next (+1) or previous (-1) slice of the selected lane."""
        navigation.step_slice(self.canvas, direction)

    def follow_hand_off(self, direction: int) -> None:
        """Selects the slice that the selected one woke (+1) or that ended its wait (-1)."""
        navigation.follow_hand_off(self.canvas, direction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_corner()
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

    def _fit_corner(self) -> None:
        """The buttons stand over the names."""
        self._corner.setFixedWidth(self.canvas.geometry_now().names_px)

    def _place_resume(self) -> None:
        """On the ruler, where it covers no lane."""
        size = self.resume_button.sizeHint()
        self.resume_button.setGeometry(
            self.canvas.width() - size.width() - 4, 2, size.width(), min(size.height(), RULER_PX - 4)
        )

    def _update_buttons(self) -> None:
        has_lanes = self._model is not None and bool(self._model.lanes)
        self.fit_button.setEnabled(has_lanes)
        self.back_button.setEnabled(self._view.can_go_back)
        show = has_lanes and self._live and not self._view.following
        if show != self.resume_button.isVisibleTo(self.canvas):
            self.resume_button.setVisible(show)
            self._place_resume()

    def _on_resume(self) -> None:
        self._view.resume_following()
        self.canvas.setFocus()

    def _show_lane_menu(self, lane: int, at: QPointF) -> None:
        """What can be done with a lane."""
        filters = self._filters
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        pinned = lane in filters.pinned
        menu.addAction("Unpin" if pinned else "Pin to the top", lambda: filters.toggle_pinned(lane))
        menu.addAction("Hide", lambda: filters.hide(lane))
        if filters.hidden:
            menu.addAction(f"Show {count(len(filters.hidden), 'hidden lane')}", filters.show_all_lanes)
        menu.addSeparator()
        for sort in Sort:
            action = menu.addAction(f"Lanes {sort.value}")
            action.setCheckable(True)
            action.setChecked(filters.sort is sort)
            action.triggered.connect(lambda _checked, sort=sort: filters.set_sort(sort))
        menu.addSeparator()
        menu.addAction("Higher rows", lambda: self.canvas.resize_rows(1))
        menu.addAction("Lower rows", lambda: self.canvas.resize_rows(-1))
        menu.addAction("Rows as high as they fit", lambda: self.canvas.set_row_height(None))
        menu.popup(at.toPoint())

    def _on_rows_changed(self) -> None:
        whole = self.canvas.geometry_now().whole_rows
        self._scroll.blockSignals(True)
        self._scroll.setRange(0, max(0, len(self.canvas.rows) - whole))
        self._scroll.setPageStep(whole)
        self._scroll.setValue(self.canvas.first_row)
        self._scroll.blockSignals(False)
