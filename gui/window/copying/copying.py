"""What is on the timeline, taken elsewhere: as text for a table, as a picture for the clipboard or a file."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QRectF, QSignalBlocker, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.model.extract import MOST_SLICES, Piece, lane_table, slice_table, span_table
from engine.model.format import count, duration
from gui.state.selection import Selection
from gui.theme import FONT_SMALL_PX, ui_font
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.timeline import Timeline
from gui.widgets.messages import Message, Messages
from gui.window.copying.pictures import Cut, Part, Picture, Pictures
from gui.window.copying.table_text import TableText

CORNER_PX = 12  # before what stands in the corner
LEAST_PX = 200  # of a span, to be a picture of its own; a narrower one is marked in a picture of the view
NOTHING = "There is nothing to copy yet: run a scenario or open a recording."


class Copying(QObject):
    """Copies what is selected, else what is in view; input is handled meanwhile."""

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
        self.text = TableText(self)
        self.text.copied.connect(self._on_copied)
        self._pictures = Pictures(self)
        self._pictures.made.connect(self._on_made)

    def copy_text(self) -> None:
        """As a table."""
        pieces = self.table()
        if pieces is None:
            self._remark(NOTHING)
        else:
            self.text.start(pieces)

    def table(self) -> Iterator[Piece] | None:
        """The slice that is selected, the slices of the lane, or time per state of the span (else the view) by lane;
        None when there are no lanes."""
        canvas, selection = self._timeline.canvas, self._selection
        model, view = canvas.model, canvas.view
        if model is None or not model.lanes:
            return None
        if selection.slice is not None:
            return slice_table(model, selection.slice)
        start, end = selection.span or (max(view.start_ns, model.start_ns), min(view.end_ns, model.end_ns))
        if selection.span is None and selection.lane is not None:
            return lane_table(model, selection.lane, int(start), int(end))
        return span_table(model, canvas.rows.lanes(), int(start), int(end))

    def cancel(self) -> bool:
        """Gives up the text that is being made; False when none is."""
        cancelled = self.text.cancel()
        if cancelled:
            self._remark("Nothing was copied.")
        return cancelled

    def copy_picture(self) -> None:
        """Takes a picture for the clipboard."""
        self._picture(None)

    def ask_and_save(self) -> None:
        """Asks for a file and saves the picture there."""
        start = self._folder() / "timeline.png"
        chosen, _ = QFileDialog.getSaveFileName(self._timeline, "Save picture", str(start), "Pictures (*.png)")
        if chosen:
            self.save_picture(Path(chosen))

    def save_picture(self, target: Path) -> None:
        """As PNG; a message tells when it is there, or that this is not possible."""
        self._picture(target if target.suffix.casefold() == ".png" else target.with_name(f"{target.name}.png"))

    def close(self) -> None:
        """The window closes: a picture that is being saved is saved."""
        self.text.cancel()
        self._pictures.close()

    def _picture(self, target: Path | None) -> None:
        """The lanes as they look, without what follows the pointer; of a wide span just that, else with the legend."""
        canvas, span = self._timeline.canvas, self._selection.span
        ground = self._legend.palette().window().color()
        if span is not None:
            geometry = canvas.geometry_now()
            left = max(round(geometry.scale.x(span[0])), geometry.names_px)
            right = min(round(geometry.scale.x(span[1])), geometry.width)
            if right - left >= LEAST_PX:
                lanes = Part(canvas, partial(self._paint_span, span))
                self._pictures.make([lanes], [Cut(0, geometry.names_px), Cut(left, right)], ground, target)
                return
        lanes = Part(canvas, self._paint_lanes)
        self._pictures.make([lanes, Part(self._legend, self._legend.render)], [], ground, target)

    def _paint_lanes(self, image: QImage) -> None:
        canvas = self._timeline.canvas
        canvas.point_at(None)
        canvas.render(image)

    def _paint_span(self, span: tuple[float, float], image: QImage) -> None:
        """Without its frame and figures: the picture is all of it. The corner tells how long it is."""
        selection = self._selection
        before, lane, primitive = selection.span, selection.lane, selection.chosen_primitive
        with QSignalBlocker(selection):
            selection.clear()
            self._paint_lanes(image)
            if lane is not None:
                selection.select_lane(lane)
            if before is not None:
                selection.select_span(*before)
            selection.select_primitive(primitive)
        self._paint_corner(span, image)

    def _paint_corner(self, span: tuple[float, float], image: QImage) -> None:
        canvas = self._timeline.canvas
        geometry, theme = canvas.geometry_now(), canvas.themes.current
        corner = QRectF(0, 0, geometry.names_px, RULER_PX - 1)
        shown_ns = min(span[1], geometry.end_ns) - max(span[0], geometry.start_ns)
        painter = QPainter(image)
        painter.fillRect(corner, theme.color("panel"))
        painter.setFont(ui_font(FONT_SMALL_PX))
        painter.setPen(theme.color("text_dim"))
        painter.drawText(
            corner.adjusted(CORNER_PX, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, f"{duration(shown_ns)} shown"
        )
        painter.end()

    def _on_copied(self, rows: int) -> None:
        cut = rows == MOST_SLICES
        self._remark(
            f"Copied the first {count(rows, 'slice')}; zoom in for others." if cut else f"Copied {count(rows, 'row')}."
        )

    def _on_made(self, picture: Picture) -> None:
        if picture.target is not None:
            text = f"Saved as {picture.target}."
            if not picture.written:
                text = f"{picture.target} could not be written; choose another place."
            self._messages.show_message(Message("picture", text, "info" if picture.written else "error"))
            return
        data = QMimeData()
        data.setImageData(picture.image)
        data.setData("image/png", picture.png)  # else it would be encoded again for each program that asks
        QGuiApplication.clipboard().setMimeData(data)
        self._remark("Copied as picture.")

    def _remark(self, text: str) -> None:
        self._timeline.canvas.remarked.emit(text)
