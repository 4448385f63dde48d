"""The ruler above the lanes."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from engine.model.format import duration
from gui.state.arrangement import Times
from gui.theme import FONT_SMALL_PX, Theme, ui_font
from gui.timeline.geometry import RULER_PX, Geometry
from gui.timeline.labels import LabelSheet
from gui.timeline.time_base import TimeBase

TICK_PX = 6
MINOR_PX = 3
GAP_PX = 6
SHEET_PX = 512
TOLD = {Times.START: "in view", Times.SELECTION: "· selection", Times.CLOCK: "· clock"}


class Ruler:
    """Paints times as a TimeBase tells them; deep in, offsets from a base that sticks to the left edge."""

    def __init__(self, theme: Theme, ratio: float) -> None:
        self._theme, self._ratio = theme, ratio
        self._plain = LabelSheet(ui_font(FONT_SMALL_PX), ratio, SHEET_PX)
        self._bold = LabelSheet(ui_font(FONT_SMALL_PX, bold=True), ratio, SHEET_PX)

    def paint(self, painter: QPainter, geometry: Geometry, times: TimeBase) -> None:
        """Paints the strip over the lanes' area and the corner over the names. The painter's unit: device pixels."""
        theme, px = self._theme, self._px
        width, height, names = px(geometry.width), px(RULER_PX), px(geometry.names_px)
        painter.fillRect(0, 0, width, height, theme.color("panel"))
        self._paint_marks(painter, geometry, times)
        painter.fillRect(0, 0, names, height, theme.color("panel"))
        told = f"{duration(geometry.end_ns - geometry.start_ns)} {TOLD[times.times]}"
        painter.setClipRect(0, 0, names - px(GAP_PX), height)
        self._plain.draw(painter, px(12), (height - self._plain.height) // 2, told, theme.color("text_dim"))
        painter.setClipping(False)
        painter.fillRect(0, height - px(1), width, px(1), theme.color("border"))

    def _paint_marks(self, painter: QPainter, geometry: Geometry, times: TimeBase) -> None:
        scale, theme, px, origin_ns = geometry.scale, self._theme, self._px, times.origin_ns
        ticks = times.ticks(geometry.start_ns, geometry.end_ns, scale.ns_per_px)
        bottom, gap = px(RULER_PX), px(GAP_PX)
        text_bottom = bottom - px(TICK_PX + 6)
        free_from = px(geometry.names_px) + gap
        if ticks.base is not None:
            top = text_bottom - self._bold.ascent
            free_from += self._bold.draw(painter, free_from, top, ticks.base.text, theme.color("accent")) + 2 * gap
        ink, top = theme.color("text_dim"), text_bottom - self._plain.ascent
        marks = []
        for tick in ticks.marks:
            x = px(scale.x(tick.time_ns + origin_ns))
            marks.append(QRect(x, bottom - px(TICK_PX), px(1), px(TICK_PX)))
            if x + gap // 2 >= free_from:
                self._plain.draw(painter, x + gap // 2, top, tick.text, ink)
        if ticks.marks:
            fine = ticks.step_ns / 5
            first = ticks.marks[0].time_ns - ticks.step_ns
            count = int((geometry.end_ns - origin_ns - first) / fine) + 1
            left, step = scale.x(first + origin_ns) * self._ratio, scale.width(fine) * self._ratio
            self._paint_minor(painter, left + np.arange(count, dtype=np.float64) * step, px(geometry.width))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("border_strong"))
            painter.drawRects(marks)

    def _paint_minor(self, painter: QPainter, lefts: NDArray[np.floating], width: int) -> None:
        """Paints the fine marks, all in one image of a pixel's height."""
        line = np.full(width, self._theme.color("panel").rgb(), np.uint32)
        for offset in range(self._px(1)):
            places = np.rint(lefts).astype(np.intp) + offset
            line[places[(places >= 0) & (places < width)]] = self._theme.color("border").rgb()
        image = QImage(line.data, width, 1, QImage.Format.Format_RGB32)
        height = self._px(MINOR_PX)
        painter.drawImage(QRect(0, self._px(RULER_PX) - height, width, height), image)

    def _px(self, logical: float) -> int:
        return round(logical * self._ratio)
