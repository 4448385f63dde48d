"""The ruler above the lanes."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from engine.model.format import duration
from gui.state.arrangement import Times
from gui.theme import FONT_SMALL_PX, Theme, ui_font
from gui.timeline.geometry import RULER_PX, Geometry
from gui.timeline.time_base import TimeBase

TICK_PX = 6
MINOR_PX = 3
GAP_PX = 6
TOLD = {Times.START: "in view", Times.SELECTION: "· since selection", Times.CLOCK: "· time of day"}


class Ruler:
    """Paints times as a TimeBase tells them; deep in, offsets from a base that sticks to the left edge."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._font = ui_font(FONT_SMALL_PX)
        self._bold = ui_font(FONT_SMALL_PX, bold=True)
        self._metrics = QFontMetrics(self._font)

    def paint(self, painter: QPainter, geometry: Geometry, times: TimeBase) -> None:
        """Paints the strip over the lanes' area and the corner over the names."""
        theme = self._theme
        painter.fillRect(0, 0, geometry.width, RULER_PX, theme.color("panel"))
        self._paint_marks(painter, geometry, times)
        painter.fillRect(0, 0, geometry.names_px, RULER_PX, theme.color("panel"))
        painter.setFont(self._font)
        painter.setPen(theme.color("text_dim"))
        corner = QRect(12, 0, geometry.names_px - 20, RULER_PX)
        painter.drawText(
            corner,
            Qt.AlignmentFlag.AlignVCenter,
            f"{duration(geometry.end_ns - geometry.start_ns)} {TOLD[times.times]}",
        )
        painter.fillRect(0, RULER_PX - 1, geometry.width, 1, theme.color("border"))

    def _paint_marks(self, painter: QPainter, geometry: Geometry, times: TimeBase) -> None:
        scale, theme, origin_ns = geometry.scale, self._theme, times.origin_ns
        ticks = times.ticks(geometry.start_ns, geometry.end_ns, scale.ns_per_px)
        free_from = geometry.names_px + GAP_PX
        painter.setFont(self._bold)
        if ticks.base is not None:
            painter.setPen(theme.color("accent"))
            painter.drawText(free_from, RULER_PX - TICK_PX - 6, ticks.base.text)
            free_from += QFontMetrics(self._bold).horizontalAdvance(ticks.base.text) + 2 * GAP_PX
        painter.setFont(self._font)
        painter.setPen(theme.color("text_dim"))
        mark, minor = theme.color("border_strong"), theme.color("border")
        for tick in ticks.marks:
            x = round(scale.x(tick.time_ns + origin_ns))
            painter.fillRect(x, RULER_PX - TICK_PX, 1, TICK_PX, mark)
            if x + GAP_PX // 2 >= free_from:
                painter.drawText(x + GAP_PX // 2, RULER_PX - TICK_PX - 6, tick.text)
        if ticks.marks:
            fine = ticks.step_ns / 5
            time = ticks.marks[0].time_ns - ticks.step_ns
            end = geometry.end_ns - origin_ns
            while time <= end:
                painter.fillRect(round(scale.x(time + origin_ns)), RULER_PX - MINOR_PX, 1, MINOR_PX, minor)
                time += fine
