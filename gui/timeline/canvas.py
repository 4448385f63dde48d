"""The widget that shows lanes, names and ruler: what is in view, what the pointer is on, what has changed elsewhere."""

from bisect import bisect_left
from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.model.model import Model
from gui.frame_budget import FrameBudget
from gui.state.arrangement import FIRST_NAMES_PX, Arrangement, Times
from gui.state.filters import Filters
from gui.state.measure import Measure
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.drawing.painting import Painting
from gui.timeline.input.gestures import Gestures
from gui.timeline.input.hover import Hit, hit_test, tooltip_lines
from gui.timeline.input.keys import Keys
from gui.timeline.input.measuring import measured_words
from gui.timeline.input.spoken import spoken, tell
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.row_shape import HEIGHTS_PX, ROW_PX, fitting_height
from gui.timeline.layout.rows import Rows, arrange, arranged_for
from gui.timeline.layout.scene import Scene, deadlocked_lanes
from gui.timeline.layout.time_base import TimeBase, time_base

KEYBOARD_REASONS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
FEWEST_ROWS = 6  # that other parts of the window leave room for


class Canvas(QWidget):
    """Lanes over time. What is shown comes from model, view window and filters; clicks go into the selection."""

    rows_changed = Signal()  # number of rows, first row or rows that fit
    menu_requested = Signal(object, QPointF)  # number of a row, or None for the ruler; global position
    remarked = Signal(str)  # what was measured, or why a key has done nothing, in a few words

    def __init__(
        self,
        view: ViewWindow,
        selection: Selection,
        filters: Filters,
        themes: ActiveTheme,
        arrangement: Arrangement,
        parent: QWidget | None = None,
        *,
        budget: FrameBudget | None = None,
    ) -> None:
        super().__init__(parent)
        self.view, self.selection, self.filters, self.themes = view, selection, filters, themes
        self.arrangement = arrangement
        self.measure = Measure(self)
        self.model: Model | None = None
        self.rows = Rows(())
        self.empty_text = (
            "Nothing recorded yet",
            "Run a scenario or open a recording: its threads appear here as lanes.",
        )
        self._first_row = 0
        self._staying = 0  # pinned rows that stay, when last arranged
        self._span_ns = 0.0  # of the view, when it was changed last
        self._row_px = ROW_PX
        self._arranged: tuple[int, int, int, bool] | None = None  # see `arranged_for`
        self._ringed = False  # shows that the keyboard has brought the focus here
        self._deadlocked: dict[int, int] = {}
        self._version: int | None = None  # of the model, when last told that it has grown
        self._pointer: QPointF | None = None
        self._tells = False  # a tooltip, until a key moves what is under the pointer
        self._hit = Hit()
        self._painting = Painting(self, budget or FrameBudget())
        self._keys = Keys(self)
        self._gestures = Gestures(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(FIRST_NAMES_PX + 160, RULER_PX + FEWEST_ROWS * ROW_PX)
        self.setAccessibleName("Timeline")
        view.changed.connect(self._on_view_changed)
        filters.changed.connect(self._on_filters_changed)
        arrangement.changed.connect(self._on_arranged)
        themes.changed.connect(self._on_theme_changed)
        selection.changed.connect(self._on_selection_changed)
        selection.hover_changed.connect(self.update)
        self.measure.changed.connect(self._on_measure_changed)

    # What is shown

    def show_model(self, model: Model | None) -> None:
        self.model = model
        self._first_row = 0
        self._hit = Hit()
        self._deadlocked = {}
        self._arranged = None
        self.measure.clear()
        self.refresh()

    def refresh(self) -> None:
        """The model has grown."""
        model = self.model
        if model is None:
            self.rows = Rows(())
        else:
            if self._arranged != arranged_for(model):
                self._arrange()
            self._deadlocked = deadlocked_lanes(model)
            self._version = model.version
            if self._pointer is not None:
                self._find_hit()
        self.invalidate()

    def invalidate(self) -> None:
        """The next paint makes a new frame."""
        self._painting.invalidate()
        self.update()

    def settle(self) -> None:
        """Makes everything in view exact, however long that takes: for a picture of it."""
        if self.model is not None and self.model.lanes:
            self._version = self.model.version
            self._painting.settle(self.model)

    @property
    def unfinished(self) -> bool:
        """Whether something in view has still to be made exact by the next paints."""
        return self._painting.unfinished

    def geometry_now(self) -> Geometry:
        """The layout of the frame that is or will be on screen."""
        return Geometry.of(
            (self.width(), self.height()),
            self.devicePixelRatioF(),
            (self._first_row, len(self.rows)),
            (self.view.start_ns, self.view.end_ns),
            self._row_px,
            self.names_px,
            self.rows.pinned,
        )

    @property
    def names_px(self) -> int:
        """Width of the lanes' names, logical px."""
        return min(self.arrangement.names_px, self.width() // 2)

    def times(self, model: Model) -> TimeBase:
        """What times are told from at the moment."""
        return time_base(self.arrangement.times, model, self.selection)

    @property
    def row_px(self) -> int:
        """Height of a row, logical px."""
        return self._row_px

    def set_row_height(self, height_px: int | None) -> None:
        """The user's own choice of a row's height; None: as high as the rows fit, within bounds."""
        self.arrangement.set_row_px(height_px)

    def resize_rows(self, steps: int) -> None:
        """The next greater (+1) or smaller (-1) height of rows."""
        place = bisect_left(HEIGHTS_PX, self._row_px) + steps
        self.set_row_height(HEIGHTS_PX[min(max(place, 0), len(HEIGHTS_PX) - 1)])

    def _fit_rows(self) -> None:
        self._row_px = self.arrangement.row_px or fitting_height(max(len(self.rows), 1), self.height() - RULER_PX)

    @property
    def first_row(self) -> int:
        """How many rows are scrolled away: the number of the first one in view that is not pinned, less those."""
        return self._first_row

    def scroll_to(self, row: int) -> None:
        """Scrolls so many rows away, the pinned ones staying, as far as there are rows below to fill the widget."""
        whole = self.geometry_now().whole_rows
        row = max(0, min(row, len(self.rows) - whole))
        if row != self._first_row:
            self._first_row = row
            self.rows_changed.emit()
            self._on_moved()

    def reveal_row(self, row: int) -> None:
        geometry = self.geometry_now()
        whole, pinned = geometry.whole_rows, geometry.pinned
        if row < pinned:
            return
        if row < self._first_row + pinned:
            self.scroll_to(row - pinned)
        elif row >= self._first_row + whole:
            self.scroll_to(row - whole + 1)

    @property
    def hidden_lanes(self) -> int:
        """How many lanes have no place in any row."""
        return len(self.model.lanes) - self.rows.shown if self.model is not None else 0

    @property
    def selected_row(self) -> int | None:
        """Number of the row of the selected lane or group."""
        lane, group = self.selection.lane, self.selection.group
        return self.rows.of_lane(lane) if lane is not None else self.rows.of_group(group) if group else None

    # Pointer

    @property
    def pointer(self) -> QPointF | None:
        """Where the pointer is; None when it is elsewhere."""
        return self._pointer

    @property
    def hit(self) -> Hit:
        """What the pointer is on."""
        return self._hit

    def hit_at(self, position: QPointF) -> Hit:
        if self.model is None:
            return Hit()
        return hit_test(position.x(), position.y(), self.geometry_now(), self.rows, self.model)

    def point_at(self, position: QPointF | None) -> None:
        """The pointer has moved there, or has left."""
        self._pointer = position
        self._tells = True
        if position is None or self.model is None:
            self._hit = Hit()
            self.selection.hover(None)
        else:
            self._find_hit()
        self.update()

    def tooltip_at(self, position: QPointF) -> list[str]:
        """The lines of the tooltip at a position; empty for none."""
        return self._tooltip(self.hit_at(position))

    def tip(self) -> list[str]:
        """The lines of the tooltip at the pointer at the moment; empty for none."""
        return self._tooltip(self._hit) if self._tells and not self._gestures.dragging else []

    def _tooltip(self, hit: Hit) -> list[str]:
        if self.model is None or hit.row is None:
            return []
        row, resolution = self.rows.rows[hit.row], self.geometry_now().scale.ns_per_px
        return tooltip_lines(hit, row, self.model, self.times(self.model), resolution)

    def _find_hit(self) -> None:
        assert self._pointer is not None
        assert self.model is not None
        hit = self._hit = self.hit_at(self._pointer)
        primitive = None
        if hit.hold is not None:
            primitive = hit.hold.primitive
        elif hit.slice is not None:
            awaited = self.model.detail(hit.slice.detail)[0]
            primitive = awaited.id if awaited else None
        self.selection.hover(hit.time_ns, hit.lane, hit.slice, primitive)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self.model is None or not self.model.lanes:
                self._painting.paint_empty(painter)
            else:
                whole = event.rect().contains(self.rect().adjusted(self.names_px, 0, 0, 0))
                free = whole and event.region().rectCount() == 1
                self._painting.paint(painter, self.model, ringed=self._ringed, whole=whole, free=free)

    def scene(self, model: Model) -> Scene:
        """What the next paint shows."""
        return Scene(self.geometry_now(), self.rows, model, self._deadlocked, self.times(model), self._version)

    @property
    def layers(self) -> list[Callable[[QPainter, Scene], None]]:
        """What paints over the lanes, below the selection."""
        return self._painting.layers

    def span_note(self, span: tuple[float, float]) -> str:
        """The most frequent states of a span over the lanes shown: `running 61 %, lock wait 20 %`."""
        return self._painting.annotations.span_note(self.model, self.rows, span) if self.model is not None else ""

    # Changes elsewhere

    def _on_arranged(self) -> None:
        """Rows are higher or lower now, or the names wider, or there is more or less room."""
        self._fit_rows()
        staying, self._staying = self._staying, self.geometry_now().pinned
        scrolled = self._first_row + staying - self._staying  # what is below the pinned rows stays there
        self.scroll_to(scrolled if self._first_row else 0)
        self.rows_changed.emit()
        self.invalidate()

    def _on_view_changed(self) -> None:
        panned, self._span_ns = self._span_ns == self.view.span_ns, self.view.span_ns
        self._on_moved(beside_names=panned)

    def _on_moved(self, *, beside_names: bool = False) -> None:
        """Something else lies under the pointer now."""
        if self._pointer is not None and self.model is not None:
            self._find_hit()
        self._painting.invalidate()
        if beside_names:  # these stay as they are
            names_px = self.names_px
            self.update(names_px, 0, self.width() - names_px, self.height())
        else:
            self.update()

    def _arrange(self) -> None:
        assert self.model is not None
        self._arranged = arranged_for(self.model)
        self.rows = arrange(self.model, self.filters)
        self._fit_rows()
        geometry = self.geometry_now()
        self._staying = geometry.pinned
        self._first_row = max(0, min(self._first_row, len(self.rows) - geometry.whole_rows))
        self._hit = Hit()
        if self._pointer is not None:
            self._find_hit()
        self.rows_changed.emit()

    def _on_filters_changed(self) -> None:
        if self.model is not None:
            self._arrange()
        self.invalidate()

    def _on_measure_changed(self) -> None:
        words = measured_words(self)
        if words:
            self.remarked.emit(words)
        self.update()

    def _on_theme_changed(self) -> None:
        self._painting.dress()
        self.update()

    def _on_selection_changed(self) -> None:
        span = self.selection.span
        tell(self, spoken(self.model, self.selection, self.times, self.span_note(span) if span is not None else ""))
        if self.arrangement.times is Times.SELECTION:
            self._painting.invalidate()
        self.update()

    # Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._painting.reserve_soon()
        self._on_arranged()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._tells = False
        self.update()
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key; what the pointer asks for comes with the press of its button."""
        row = self.selected_row
        if event.reason() is QContextMenuEvent.Reason.Keyboard and row is not None:
            self.reveal_row(row)
            geometry = self.geometry_now()
            place = QPointF(geometry.names_px / 2, geometry.row_top(row) + geometry.row_px)
            self.menu_requested.emit(row, self.mapToGlobal(place))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._gestures.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._gestures.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._gestures.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._gestures.double_click(event)

    def leaveEvent(self, _event: object) -> None:
        self.point_at(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in KEYBOARD_REASONS
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.update()
