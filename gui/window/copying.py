"""What is on the timeline, taken elsewhere: as text for a table, as a picture for the clipboard or a file."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QRect, QSignalBlocker
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.model.extract import Table, as_tsv, lane_table, slice_table, span_table
from engine.model.format import count
from gui.state.selection import Selection
from gui.timeline.timeline import Timeline
from gui.widgets.messages import Message, Messages

LEAST_PX = 8  # of a span, to be a picture of its own


class Copying(QObject):
    """Copies what is selected, else what is in view."""

    def __init__(
        self,
        timeline: Timeline,
        legend: QWidget,
        selection: Selection,
        messages: Messages,
        folder: Callable[[], Path],
    ) -> None:
        """`folder` is where a picture is offered to be saved."""
        super().__init__(timeline)
        self._timeline, self._legend = timeline, legend
        self._selection, self._messages, self._folder = selection, messages, folder

    def copy_text(self) -> None:
        """As a table: plain with tabs between its columns, and as HTML for editors that make tables of it."""
        found = self.table()
        if not found:
            return
        data = QMimeData()
        data.setText(as_tsv(found))
        data.setHtml(_html(found))
        QGuiApplication.clipboard().setMimeData(data)
        self._remark(f"Copied {count(len(found) - 1, 'row')}.")

    def table(self) -> Table:
        """The slice that is selected, the slices of the lane, or time per state of the span (else the view) by lane."""
        canvas, selection = self._timeline.canvas, self._selection
        model, view = canvas.model, canvas.view
        if model is None or not model.lanes:
            return []
        if selection.slice is not None:
            return slice_table(model, selection.slice)
        start, end = selection.span or (max(view.start_ns, model.start_ns), min(view.end_ns, model.end_ns))
        if selection.span is None and selection.lane is not None:
            return lane_table(model, selection.lane, int(start), int(end))
        return span_table(model, canvas.rows.lanes(), int(start), int(end))

    def copy_picture(self) -> None:
        QGuiApplication.clipboard().setPixmap(self.picture())
        self._remark("Copied as picture.")

    def ask_and_save(self) -> None:
        """Asks for a file and saves the picture there."""
        start = self._folder() / "timeline.png"
        chosen, _ = QFileDialog.getSaveFileName(self._timeline, "Save picture", str(start), "Pictures (*.png)")
        if chosen:
            self.save_picture(Path(chosen))

    def save_picture(self, target: Path) -> bool:
        """As PNG; False, after a message, when that is not possible."""
        target = target if target.suffix.casefold() == ".png" else target.with_name(f"{target.name}.png")
        saved = self.picture().save(str(target), "PNG")
        text = f"Saved as {target}." if saved else f"{target} could not be written; choose another place."
        self._messages.show_message(Message("picture", text, "info" if saved else "error"))
        return bool(saved)

    def picture(self) -> QPixmap:
        """The lanes as they look, without what follows the pointer; of a span just that, else with the legend."""
        canvas, selection = self._timeline.canvas, self._selection
        canvas.point_at(None)
        span, lane, primitive, geometry = (
            selection.span,
            selection.lane,
            selection.chosen_primitive,
            canvas.geometry_now(),
        )
        if span is None:
            whole = canvas.grab()
        else:  # without its frame and figures: the picture is all of it
            with QSignalBlocker(selection):
                selection.clear()
                whole = canvas.grab()
                if lane is not None:
                    selection.select_lane(lane)
                selection.select_span(*span)
                selection.select_primitive(primitive)
        if span is not None:
            left = max(round(geometry.scale.x(span[0])), geometry.names_px)
            right = min(round(geometry.scale.x(span[1])), geometry.width)
            if right - left >= LEAST_PX:
                return _beside(_part(whole, 0, geometry.names_px), _part(whole, left, right))
        return _below(whole, self._legend.grab(), self._legend.palette().window().color())

    def _remark(self, text: str) -> None:
        self._timeline.canvas.remarked.emit(text)


def _html(table: Table) -> str:
    heading, *rows = table
    lines = ["".join(f"<th>{escape(value)}</th>" for value in heading)]
    lines += ["".join(f"<td>{escape(value)}</td>" for value in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _part(picture: QPixmap, left: int, right: int) -> QPixmap:
    """From one x to another, in logical px."""
    ratio = picture.devicePixelRatio()
    return picture.copy(QRect(round(left * ratio), 0, round((right - left) * ratio), picture.height()))


def _beside(left: QPixmap, right: QPixmap) -> QPixmap:
    return _joined(left, right, left.width(), 0, QColor())


def _below(upper: QPixmap, lower: QPixmap, ground: QColor) -> QPixmap:
    return _joined(upper, lower, 0, upper.height(), ground)


def _joined(first: QPixmap, second: QPixmap, x: int, y: int, ground: QColor) -> QPixmap:
    """Both in one picture, the second at a place in device px; `ground` where neither is."""
    ratio = first.devicePixelRatio()
    for part in (first, second):
        part.setDevicePixelRatio(1)
    made = QPixmap(max(first.width(), x + second.width()), max(first.height(), y + second.height()))
    made.fill(ground)
    painter = QPainter(made)
    painter.drawPixmap(0, 0, first)
    painter.drawPixmap(x, y, second)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
