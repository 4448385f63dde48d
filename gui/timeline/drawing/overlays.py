"""What lies over the lanes and changes with the pointer: selection, crosshair, lit locks, arrows, tooltip."""

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from engine.model.entities import HandOff, Slice
from engine.model.format import duration
from engine.recording.schema import DEADLOCKED
from gui.state.measure import Mark
from gui.theme import FONT_PX, FONT_SMALL_PX, Theme, ui_font
from gui.timeline.drawing.lit import LitHolds
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.scene import Scene
from gui.timeline.layout.time_base import TimeBase

ARROW_PX = 5


class Overlays:
    """Paints everything that is not part of a `Frame`. One per theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._font = ui_font(FONT_PX - 1)
        self._bold = ui_font(FONT_PX - 1, bold=True)
        self._small = ui_font(FONT_SMALL_PX)
        self._lit_holds = LitHolds()

    @property
    def complete(self) -> bool:
        """Whether everything that was to be lit up is known; else another paint should come."""
        return self._lit_holds.complete

    def paint_lit(self, painter: QPainter, scene: Scene, primitive: int, waits: list[QRectF], *, rest: bool) -> None:
        """Frames every hold of a primitive in full height, and the wide waits for it. `rest`: those known."""
        hold = QColor(self._theme.hold)
        fill = QColor(hold)
        fill.setAlpha(90)
        painter.setPen(hold)
        painter.setBrush(fill)
        painter.drawRects(self._lit_holds.boxes(scene, primitive, rest=rest))
        painter.setPen(QPen(hold, 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRects(waits)

    def paint_deadlocks(self, painter: QPainter, scene: Scene) -> None:
        """Frames the rows of deadlocked lanes, from where they stopped to the end."""
        geometry, model = scene.geometry, scene.model
        pen = QPen(QColor(self._theme.deadlock), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for lane, stuck_at in scene.deadlocked.items():
            row = scene.row_in_view(lane)
            if row is None:
                continue
            stuck = model.states.slice_at(lane, stuck_at)
            if stuck is None or not stuck.code & DEADLOCKED:
                continue
            left = max(geometry.scale.x(stuck.start_ns), geometry.names_px - 4.0)
            right = min(geometry.scale.x(stuck.end_ns), geometry.width + 4.0)
            painter.drawRect(QRectF(left, geometry.row_top(row) + 1, right - left, geometry.shape.hold_bottom - 2))

    def paint_slice(self, painter: QPainter, scene: Scene, chosen: Slice, *, strong: bool) -> None:
        """Frames a slice: the selected one strongly, the hovered one lightly."""
        geometry, row = scene.geometry, scene.row_in_view(chosen.lane)
        if row is None:
            return
        if chosen.open:  # it has grown since
            chosen = scene.model.states.slice_at(chosen.lane, chosen.start_ns) or chosen
        left = max(geometry.scale.x(chosen.start_ns), geometry.names_px - 4.0)
        right = min(max(geometry.scale.x(chosen.end_ns), left + 2), geometry.width + 4.0)
        if right < geometry.names_px or left > geometry.width:
            return
        top = geometry.row_top(row) + geometry.shape.bar_top
        box = QRectF(left, top - 1, right - left, geometry.shape.bar_px + 1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if strong:
            painter.setPen(QPen(self._theme.color("canvas"), 4))
            painter.drawRect(box)
        painter.setPen(QPen(self._theme.color("text"), 2 if strong else 1))
        painter.drawRect(box)

    def paint_row_focus(self, painter: QPainter, geometry: Geometry, row: int, *, strong: bool) -> None:
        """Marks a row's name: selected strongly, under the pointer lightly."""
        if not geometry.shows_row(row):
            return
        tint = self._theme.color("accent")
        tint.setAlpha(48 if strong else 22)
        painter.fillRect(0, geometry.row_top(row), geometry.names_px - 1, geometry.row_px, tint)
        if strong:
            painter.fillRect(0, geometry.row_top(row), 3, geometry.row_px, self._theme.color("accent"))

    def paint_pinned_edge(self, painter: QPainter, geometry: Geometry) -> None:
        """A line between the rows that stay and those that scroll below them."""
        color = self._theme.color("border_strong")
        painter.fillRect(0, geometry.place_top(geometry.pinned) - 1, geometry.width, 2, color)

    def paint_span(self, painter: QPainter, geometry: Geometry, span: tuple[float, float], note: str) -> None:
        """Shades what lies outside of a span and says over it how long it is, and where, if out of view."""
        edges = [geometry.scale.x(edge) for edge in span]
        left, right = (min(max(x, float(geometry.names_px)), float(geometry.width)) for x in edges)
        shade = self._theme.color("canvas")
        shade.setAlpha(120)
        painter.fillRect(QRectF(geometry.names_px, RULER_PX, left - geometry.names_px, geometry.height), shade)
        painter.fillRect(QRectF(right, RULER_PX, geometry.width - right, geometry.height), shade)
        accent = self._theme.color("accent")
        painter.setPen(accent)
        inside = [x for x in edges if geometry.names_px <= x < geometry.width]
        painter.drawLines([QLineF(x, 0, x, geometry.height) for x in inside])
        soft = QColor(accent)
        soft.setAlpha(60)
        painter.fillRect(QRectF(left, 0, right - left, RULER_PX - 1), soft)
        text = f"{duration(span[1] - span[0])}{'   ' + note if note else ''}"
        if edges[1] < geometry.names_px:
            text = f"◂ {text}"
        elif edges[0] >= geometry.width:
            text = f"{text} ▸"
        width = QFontMetrics(self._bold).horizontalAdvance(text) + 16
        middle = min(max((left + right) / 2, geometry.names_px + width / 2), geometry.width - width / 2)
        box = QRectF(middle - width / 2, RULER_PX + 4, width, 22)
        self._paint_box(painter, box)
        painter.setFont(self._bold)
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_measure(self, painter: QPainter, scene: Scene, marks: tuple[Mark, Mark]) -> None:
        """A ruler between two times, at the height of the lane it was drawn on, with its length."""
        geometry = scene.geometry
        first, last = sorted(marks, key=lambda mark: mark.time_ns)
        left, right = geometry.scale.x(first.time_ns), geometry.scale.x(last.time_ns)
        row = scene.row_in_view(marks[1].lane) if marks[1].lane is not None else None
        y = geometry.row_top(row) + geometry.row_px / 2 if row is not None else RULER_PX + geometry.row_px / 2
        shown_left, shown_right = max(left, geometry.names_px - 4.0), min(right, geometry.width + 4.0)
        ink = self._theme.color("accent")
        for mark, x in ((first, left), (last, right)):
            style = Qt.PenStyle.SolidLine if mark.edge else Qt.PenStyle.DashLine
            painter.setPen(QPen(ink, 1, style))
            painter.drawLine(QLineF(x, RULER_PX, x, geometry.height))
        painter.setPen(QPen(ink, 2))
        painter.drawLine(QLineF(shown_left, y, shown_right, y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        if right - left > 4 * ARROW_PX:
            for x, way in ((left, 1), (right, -1)):
                tail = QPointF(x + way * 2 * ARROW_PX, y)
                painter.drawPolygon(
                    QPolygonF([QPointF(x, y), tail + QPointF(0, ARROW_PX), tail + QPointF(0, -ARROW_PX)])
                )
        text = duration(last.time_ns - first.time_ns)
        width = QFontMetrics(self._bold).horizontalAdvance(text) + 16
        middle = min(max((shown_left + shown_right) / 2, geometry.names_px + width / 2), geometry.width - width / 2)
        above = y - 30 if y - 30 > RULER_PX else y + 8
        box = QRectF(middle - width / 2, above, width, 22)
        self._paint_box(painter, box)
        painter.setFont(self._bold)
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_crosshair(self, painter: QPainter, geometry: Geometry, time_ns: float, times: TimeBase) -> None:
        """A line through all lanes at a time, with the time on the ruler."""
        x = geometry.scale.x(time_ns)
        if not geometry.names_px <= x <= geometry.width:
            return
        line = self._theme.color("text_dim")
        line.setAlpha(140)
        painter.setPen(line)
        painter.drawLine(QPointF(x, RULER_PX), QPointF(x, geometry.height))
        text = times.text(time_ns, geometry.scale.ns_per_px)
        painter.setFont(self._small)
        width = QFontMetrics(self._small).horizontalAdvance(text) + 10
        left = min(max(x - width / 2, geometry.names_px), geometry.width - width)
        box = QRectF(left, RULER_PX - 19, width, 17)
        painter.fillRect(box, self._theme.color("accent"))
        painter.setPen(self._theme.color("accent_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_now(self, painter: QPainter, geometry: Geometry, end_ns: float) -> None:
        """The edge of what has been recorded so far."""
        x = geometry.scale.x(end_ns)
        if geometry.names_px <= x < geometry.width:
            painter.fillRect(QRectF(x, RULER_PX, 1, geometry.height), self._theme.color("accent"))

    def paint_arrows(self, painter: QPainter, scene: Scene, hand_offs: list[HandOff]) -> None:
        """Arrows from whoever released or signalled to whoever went on."""
        geometry, rows = scene.geometry, scene.rows
        scale, lines, heads = geometry.scale, [], []
        for hand_off in hand_offs:
            giver, taker = rows.of_lane(hand_off.releaser), rows.of_lane(hand_off.receiver)
            if giver is None or taker is None:
                continue
            middle = (geometry.shape.bar_top + geometry.shape.bar_bottom) / 2
            start = QPointF(scale.x(hand_off.release_ns), geometry.row_top(giver) + middle)
            end = QPointF(scale.x(hand_off.receive_ns), geometry.row_top(taker) + middle)
            if max(start.x(), end.x()) < geometry.names_px or min(start.x(), end.x()) > geometry.width:
                continue
            down = 1 if taker > giver else -1 if taker < giver else 0
            # Down or up along the release, then across to where the receiver went on.
            corner = QPointF(start.x(), end.y())
            lines += [QLineF(start, corner), QLineF(corner, end)]
            size = ARROW_PX
            if end.x() - corner.x() > 2 * size:
                heads.append(QPolygonF([end, end + QPointF(-size, -size), end + QPointF(-size, size)]))
            elif down:
                heads.append(QPolygonF([end, end + QPointF(-size, -down * size), end + QPointF(size, -down * size)]))
        ink = self._theme.color("text")
        for width, colour in ((4, self._theme.color("canvas")), (1.6, ink)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for head in heads:
            painter.drawPolygon(head)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def paint_tooltip(self, painter: QPainter, geometry: Geometry, x: float, y: float, lines: list[str]) -> None:
        """A box of lines beside the pointer; the first is the heading."""
        heading, body = QFontMetrics(self._bold), QFontMetrics(self._font)
        widths = [heading.horizontalAdvance(lines[0]), *(body.horizontalAdvance(line) for line in lines[1:])]
        width, height = max(widths) + 20, len(lines) * 18 + 10
        left = x + 16 if x + 16 + width < geometry.width else max(x - 12 - width, 0)
        top = y + 20 if y + 20 + height < geometry.height else max(y - 12 - height, 0)
        self._paint_box(painter, QRectF(left, top, width, height))
        for number, line in enumerate(lines):
            painter.setFont(self._font if number else self._bold)
            painter.setPen(self._theme.color("text_dim" if number else "text"))
            box = QRect(round(left) + 10, round(top) + 5 + number * 18, round(width), 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, line)

    def paint_empty(self, painter: QPainter, room: QRect, title: str, hint: str) -> None:
        """What stands there when there is nothing to show."""
        painter.fillRect(room, self._theme.color("canvas"))
        left, width, middle = room.left(), room.width(), room.center().y()
        title_font = ui_font(FONT_PX + 4, bold=True)
        painter.setFont(title_font)
        painter.setPen(self._theme.color("text"))
        painter.drawText(QRect(left, middle - 36, width, 28), Qt.AlignmentFlag.AlignCenter, title)
        painter.setFont(ui_font())
        painter.setPen(self._theme.color("text_dim"))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(QRect(left + width // 8, middle, width * 3 // 4, 80), flags, hint)

    def _paint_box(self, painter: QPainter, box: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(self._theme.color("border_strong"))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
