"""The column of lane names and process headers at the timeline's left."""

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap, QPolygon

from engine.model.entities import Process
from engine.model.format import count
from engine.model.model import Model
from gui.theme import FONT_PX, FONT_SMALL_PX, Theme, ui_font
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.row_shape import RowShape
from gui.timeline.layout.rows import Row, RowKind
from gui.timeline.layout.scene import Scene

INDENT_PX = 24
MOST_FITTED = 4096  # texts that are kept as they fit
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def process_note(process: Process, *, over: bool) -> str:
    """How it ended, when that is worth a word (it is not when everything is `over`); else a special role."""
    if process.signal is not None:
        return f"signal {process.signal}"
    if process.exit_status:
        return f"exit {process.exit_status}"
    if process.end_ns is not None and not over:
        return "ended"
    return "" if process.role in ("program", "worker") else process.role


class _Told(NamedTuple):
    """A row, and everything that is told of it and may change while it stays."""

    row: Row
    marked: bool
    name: str
    end_ns: int | None
    failure: object


class Names:
    """Paints names. Texts that were made to fit are kept, since measuring text costs more than drawing it."""

    def __init__(self, theme: Theme, shape: RowShape) -> None:
        self._theme = theme
        self._row_px = shape.height
        self._width = 0  # of the column
        size = FONT_PX - 1 + (shape.label_growth_px > 0)
        self._font = ui_font(size)
        self._bold = ui_font(size, bold=True)
        self._small = ui_font(FONT_SMALL_PX)
        self._small_bold = ui_font(FONT_SMALL_PX, bold=True)
        self._kept = self._spare = QPixmap()  # they take turns: one that is new is dear to paint
        self._kept_for: tuple[object, ...] = ()
        self._kept_rows: list[_Told] = []
        self._looked_at: tuple[object, ...] = ()
        self._fitted: dict[tuple[str, int, bool], tuple[QFont, str]] = {}  # by text, width, whether it is bold

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Paints the rows in view; from a kept picture as long as nothing about them has changed."""
        looked_at = (_shape(scene), scene.rows, scene.deadlocked, scene.model, scene.version)
        if looked_at != self._looked_at:
            self._looked_at = looked_at
            self._look(scene)
        painter.drawPixmap(0, 0, self._kept)

    def _look(self, scene: Scene) -> None:
        """Makes the picture anew if anything about the rows has changed."""
        geometry = scene.geometry
        rows = _told(scene)
        kept_for = (scene.model, scene.model.finished, geometry.names_px, geometry.height, geometry.ratio)
        if kept_for != self._kept_for:
            copied: dict[_Told, int] = {}
        elif rows != self._kept_rows:
            whole = (geometry.height - RULER_PX) // geometry.row_px  # of the one below only a part is in the picture
            copied = {row: place for place, row in enumerate(self._kept_rows[:whole])}
        else:
            return
        self._kept_for, self._kept_rows = kept_for, rows
        before, self._width = self._kept, geometry.names_px
        size = QSize(round(geometry.names_px * geometry.ratio), round(geometry.height * geometry.ratio))
        self._kept, self._spare = self._spare if self._spare.size() == size else QPixmap(size), before
        self._kept.setDevicePixelRatio(geometry.ratio)
        painter = QPainter(self._kept)
        if not (geometry.row_px * geometry.ratio).is_integer():
            copied = {}
        self._paint_rows(painter, scene, before, copied)
        painter.end()

    def _paint_rows(self, painter: QPainter, scene: Scene, before: QPixmap, copied: dict["_Told", int]) -> None:
        """`copied`: the rows that stand in the picture `before`, each with its place there."""
        theme, geometry, model = self._theme, scene.geometry, scene.model
        painter.fillRect(0, 0, geometry.names_px, geometry.height, theme.color("panel"))
        ratio = geometry.ratio
        sources = [copied.get(told, -1) for told in self._kept_rows]
        for moved in _moved(sources):
            top, before_top = geometry.place_top(moved.place), geometry.place_top(moved.source)
            height = moved.rows * self._row_px
            area = QRectF(0, before_top * ratio, self._width * ratio, height * ratio)
            painter.drawPixmap(QRectF(0, top, self._width, height), before, area)
        for place, told in enumerate(self._kept_rows):
            top = geometry.place_top(place)
            if sources[place] >= 0:
                continue
            if told.row.kind is RowKind.LANE:
                self._paint_lane(painter, top, told.row, model, told.marked)
            else:
                self._paint_header(painter, top, told.row, model, told.marked)
        painter.fillRect(geometry.names_px - 1, 0, 1, geometry.height, theme.color("border"))

    def _paint_header(self, painter: QPainter, top: int, row: Row, model: Model, marked: bool) -> None:
        theme = self._theme
        is_process = row.kind is RowKind.PROCESS
        left = 8 if is_process else INDENT_PX
        painter.fillRect(0, top, self._width, self._row_px, theme.color("danger_soft" if marked else "group"))
        self._paint_chevron(painter, left, top, row.expanded, theme.color("text_dim"))
        if is_process:
            process = model.processes[row.process]
            note = count(len(row.lanes), "lane") if row.lanes else process_note(process, over=model.finished)
            failed = bool(process.exit_status)
            self._texts(painter, left + 16, top, process.title, note, bold=True, failed=failed or marked)
        else:
            self._texts(painter, left + 16, top, count(len(row.lanes), "service lane"), "", dim=True)

    def _paint_lane(self, painter: QPainter, top: int, row: Row, model: Model, marked: bool) -> None:
        lane = model.lanes[row.lanes[0]]
        if marked:
            painter.fillRect(0, top, self._width, self._row_px, self._theme.color("danger_soft"))
            painter.fillRect(0, top, 4, self._row_px, QColor(self._theme.deadlock))
        ended = lane.end_ns is not None and not model.finished
        note = "deadlock" if marked else "failed" if lane.error else "pinned" if row.pinned else ""
        self._texts(
            painter, INDENT_PX, top, lane.name, note,
            bold=marked, dim=ended or lane.internal, failed=marked or bool(lane.error),
        )  # fmt: skip

    def _texts(
        self,
        painter: QPainter,
        left: int,
        top: int,
        text: str,
        note: str,
        *,
        bold: bool = False,
        dim: bool = False,
        failed: bool = False,
    ) -> None:
        theme = self._theme
        width = self._width - left - 8
        if note:
            note = self._fitting_note(text, note, width, bold)
            painter.setFont(self._small)
            painter.setPen(theme.color("danger" if failed else "text_dim"))
            painter.drawText(QRect(left, top - 1, width, self._row_px), _RIGHT, note)
            width -= QFontMetrics(self._small).horizontalAdvance(note) + 8
        key = (text, width, bold)
        if key not in self._fitted:
            if len(self._fitted) >= MOST_FITTED:
                self._fitted.clear()  # those of widths that the names had once
            self._fitted[key] = self._fit(*key)
        font, fitting = self._fitted[key]
        painter.setFont(font)
        painter.setPen(theme.color("text_dim" if dim else "text"))
        painter.drawText(QRect(left, top - 1, width, self._row_px), _LEFT, fitting)

    def _fitting_note(self, text: str, note: str, width: int, bold: bool) -> str:
        """The note, only its number where the name needs the place: `8 lanes`, `8`."""
        needed = QFontMetrics(self._bold if bold else self._font).horizontalAdvance(text)
        first = note.split(maxsplit=1)[0]
        crowded = needed + QFontMetrics(self._small).horizontalAdvance(note) + 8 > width
        return first if crowded and first.isdigit() else note

    def _fit(self, text: str, width: int, bold: bool) -> tuple[QFont, str]:
        """The usual font if all of it fits, else a smaller one and as much as does."""
        font = self._bold if bold else self._font
        if QFontMetrics(font).horizontalAdvance(text) <= width:
            return font, text
        font = self._small_bold if bold else self._small
        return font, QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, width)

    def _paint_chevron(self, painter: QPainter, left: int, top: int, expanded: bool, color: QColor) -> None:
        middle = top + self._row_px // 2
        points = ((0, -2), (8, -2), (4, 3)) if expanded else ((2, -4), (2, 4), (7, 0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.drawPolygon(QPolygon([QPoint(left + x, middle + y) for x, y in points]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


class _Moved(NamedTuple):
    """So many rows from the place `source` on are at `place` now."""

    place: int
    source: int
    rows: int


def _moved(sources: list[int]) -> list[_Moved]:
    """The stretches of rows that have moved together: where each one was, -1: nowhere."""
    found: list[_Moved] = []
    for place, source in enumerate(sources):
        last = found[-1] if found else None
        if last is not None and place == last.place + last.rows and source == last.source + last.rows:
            found[-1] = last._replace(rows=last.rows + 1)
        elif source >= 0:
            found.append(_Moved(place, source, 1))
    return found


def _told(scene: Scene) -> list[_Told]:
    """What is told of the rows in view."""
    model, told = scene.model, []
    for row in scene.rows_in_view:
        marked = any(lane in scene.deadlocked for lane in row.lanes) if scene.deadlocked else False
        if row.kind is RowKind.LANE:
            lane = model.lanes[row.lanes[0]]
            told.append(_Told(row, marked, lane.name, lane.end_ns, lane.error))
        else:
            process = model.processes[row.process]
            told.append(_Told(row, marked, process.name, process.end_ns, process.exit_status))
    return told


def _shape(scene: Scene) -> tuple[float, ...]:
    geometry = scene.geometry
    return geometry.names_px, geometry.height, geometry.ratio, geometry.first_row
