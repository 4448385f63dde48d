"""What pointer and wheel do in the timeline."""

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from gui.state.arrangement import FIRST_NAMES_PX
from gui.timeline.input.measuring import mark_at
from gui.timeline.input.navigation import select_row
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.rows import Row

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas

DRAG_PX = 4  # less than this is a click
BORDER_PX = 4  # at either side of the border between names and lanes, where it is dragged
WHEEL_NOTCH = 120
ROWS_PER_NOTCH = 3
ZOOM_PER_NOTCH = 1.25
PAN_PER_NOTCH = 0.1  # of the view
_Shift = Qt.KeyboardModifier.ShiftModifier
_Control = Qt.KeyboardModifier.ControlModifier


class _Drag(Enum):
    NONE = 0
    PRESSED = 1  # not far enough yet to be a drag
    SELECT = 2
    PAN = 3
    MEASURE = 4
    NAMES = 5  # their border is moved


class Gestures:
    """Turns mouse events into navigation and selection. A press becomes a drag after DRAG_PX."""

    def __init__(self, canvas: "Canvas") -> None:
        self._canvas = canvas
        self._drag = _Drag.NONE
        self._from = QPointF()
        self._from_time = 0.0
        self._from_view = (0.0, 0.0)
        self._from_row = 0
        self._rows_left = 0.0

    @property
    def dragging(self) -> bool:
        return self._drag in (_Drag.SELECT, _Drag.PAN, _Drag.NAMES)

    def wheel(self, event: QWheelEvent) -> None:
        """Ctrl zooms at the pointer, Shift (or a sideways wheel) pans, both resize rows; else lanes scroll."""
        canvas = self._canvas
        across, along = event.angleDelta().x(), event.angleDelta().y()
        modifiers = event.modifiers()
        event.accept()
        if modifiers & _Control and modifiers & _Shift:
            canvas.resize_rows(1 if (along or across) > 0 else -1)
        elif modifiers & _Control:
            canvas.view.zoom(ZOOM_PER_NOTCH ** (-along / WHEEL_NOTCH), self._time_at(event.position()))
        elif modifiers & _Shift or abs(across) > abs(along):
            # Some systems turn Shift + wheel into a sideways wheel themselves.
            notches = (across or along) / WHEEL_NOTCH
            canvas.view.pan(-notches * PAN_PER_NOTCH * canvas.view.span_ns)
        else:
            pixels = event.pixelDelta().y()
            self._rows_left -= pixels / canvas.row_px if pixels else along / WHEEL_NOTCH * ROWS_PER_NOTCH
            whole = int(self._rows_left)
            self._rows_left -= whole
            canvas.scroll_to(canvas.first_row + whole)
            if whole and len(canvas.rows) <= canvas.geometry_now().whole_rows:
                canvas.remarked.emit("All lanes are in view. Ctrl+wheel zooms, Shift+wheel pans.")

    def press(self, event: QMouseEvent) -> None:
        canvas, position = self._canvas, event.position()
        canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        if canvas.model is None:
            return
        button = event.button()
        if button == Qt.MouseButton.RightButton:
            self._ask_for_menu(position)
            return
        self._from = position
        self._from_time = canvas.geometry_now().scale.time(position.x())
        self._from_view = (canvas.view.start_ns, canvas.view.end_ns)
        self._from_row = canvas.first_row
        panning = button == Qt.MouseButton.MiddleButton or event.modifiers() & _Shift
        if self._on_border(position):
            self._drag = _Drag.NAMES
        elif position.x() < canvas.names_px:
            self._click_name(position)
        elif panning:
            self._drag = _Drag.PAN
            canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif button == Qt.MouseButton.LeftButton and canvas.measure.open:
            canvas.measure.move(mark_at(canvas, position))
            canvas.measure.finish()
        elif button == Qt.MouseButton.LeftButton and event.modifiers() & _Control:
            self._drag = _Drag.MEASURE
            canvas.measure.begin(mark_at(canvas, position))
        elif button == Qt.MouseButton.LeftButton and (anchor := self._other_edge(position)) is not None:
            self._drag, self._from_time = _Drag.SELECT, anchor
        elif button == Qt.MouseButton.LeftButton:
            self._drag = _Drag.PRESSED

    def move(self, event: QMouseEvent) -> None:
        canvas, position = self._canvas, event.position()
        if self._drag is _Drag.PRESSED and abs(position.x() - self._from.x()) >= DRAG_PX:
            self._drag = _Drag.SELECT
        if self._drag is _Drag.SELECT:
            canvas.selection.select_span(self._from_time, self._time_at(position))
        elif self._drag is _Drag.PAN:
            shift = canvas.geometry_now().scale.duration(self._from.x() - position.x())
            canvas.view.show(self._from_view[0] + shift, self._from_view[1] + shift, gesture="drag")
            canvas.scroll_to(self._from_row + round((self._from.y() - position.y()) / canvas.row_px))
        elif self._drag is _Drag.NAMES:
            canvas.arrangement.set_names_px(round(position.x()))
        elif self._drag is _Drag.NONE:
            canvas.setCursor(self._cursor_at(position))
        canvas.measure.move(mark_at(canvas, position))
        canvas.point_at(position)

    def release(self, event: QMouseEvent) -> None:
        canvas = self._canvas
        drag, self._drag = self._drag, _Drag.NONE
        canvas.unsetCursor()
        if drag is _Drag.PRESSED:
            self._click(event.position())
        elif drag is _Drag.MEASURE:
            if abs(event.position().x() - self._from.x()) < DRAG_PX:
                canvas.measure.clear()
            else:
                canvas.measure.finish()
        canvas.update()

    def double_click(self, event: QMouseEvent) -> None:
        """Zooms to the slice under the pointer; on the border of the names, gives them their first width."""
        if self._on_border(event.position()):
            self._canvas.arrangement.set_names_px(FIRST_NAMES_PX)
            return
        hit = self._canvas.hit_at(event.position())
        if hit.slice is not None:
            margin = hit.slice.duration_ns / 3
            self._canvas.view.show(hit.slice.start_ns - margin, hit.slice.end_ns + margin)

    def _on_border(self, position: QPointF) -> bool:
        return abs(position.x() - self._canvas.names_px) <= BORDER_PX

    def _other_edge(self, position: QPointF) -> float | None:
        """With an edge of the selected span under the pointer, the time of its other edge."""
        span, scale = self._canvas.selection.span, self._canvas.geometry_now().scale
        if span is None:
            return None
        for edge, other in (span, span[::-1]):
            if abs(scale.x(edge) - position.x()) <= BORDER_PX:
                return other
        return None

    def _cursor_at(self, position: QPointF) -> Qt.CursorShape:
        if self._on_border(position):
            return Qt.CursorShape.SplitHCursor
        if self._other_edge(position) is not None:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.CrossCursor if self._canvas.measure.open else Qt.CursorShape.ArrowCursor

    def _time_at(self, position: QPointF) -> float:
        """The time at a position, at the edges of the lanes' area when it lies outside."""
        geometry = self._canvas.geometry_now()
        return geometry.scale.time(min(max(position.x(), geometry.names_px), geometry.width))

    def _click(self, position: QPointF) -> None:
        canvas = self._canvas
        hit = canvas.hit_at(position)
        row = canvas.rows.rows[hit.row] if hit.row is not None else None
        if hit.slice is not None:
            canvas.selection.select_slice(hit.slice)
            if hit.hold is not None:
                canvas.selection.select_primitive(hit.hold.primitive)
        elif row is not None and row.group is not None:
            self._click_group(row)
        elif position.y() >= RULER_PX:
            canvas.selection.clear()

    def _click_name(self, position: QPointF) -> None:
        canvas = self._canvas
        hit = canvas.hit_at(position)
        if hit.row is None:
            return
        row = canvas.rows.rows[hit.row]
        if row.lane is not None:
            canvas.selection.select_lane(row.lane)
        else:
            self._click_group(row)

    def _click_group(self, row: Row) -> None:
        """Selects it, and opens or closes it."""
        assert row.group is not None
        self._canvas.selection.select_group(row.group)
        self._canvas.filters.toggle_group(row.group)

    def _ask_for_menu(self, position: QPointF) -> None:
        """Of the row under the pointer, which gets selected unless part of it is; over the ruler, of the times."""
        canvas, hit = self._canvas, self._canvas.hit_at(position)
        if hit.row is not None:
            select_row(canvas, hit.row)
        if hit.row is not None or position.y() < RULER_PX:
            canvas.menu_requested.emit(hit.row, canvas.mapToGlobal(position))
