"""The ruler above the lanes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter, QPixmap

from engine.model.format import duration
from gui.state.arrangement import Times
from gui.theme import FONT_SMALL_PX, Theme, ui_font
from gui.timeline.drawing.labels import LabelSheet
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.ticks import Ticks
from gui.timeline.layout.time_base import TimeBase
from gui.timeline.layout.time_scale import TimeScale

Pixels = NDArray[np.intp]

TICK_PX = 6
MINOR_PX = 3
GAP_PX = 6
SHEET_PX = 512
BESIDE_PX, FAR_BESIDE_PX = 128, 384  # of the strip to either side of the view; far once that moves unzoomed
TOLD = {Times.START: "in view", Times.SELECTION: "· selection", Times.CLOCK: "· clock"}


class _Strip(NamedTuple):
    """The marks over columns `first` to `last` (exclusive) of a grid, painted once."""

    grid: tuple[object, ...]  # what it was painted for
    first: int
    last: int
    ticks: Ticks
    texts: list[tuple[int, int]]  # from which pixel of it to which (exclusive) each mark's text goes


class Ruler:
    """Paints times as a TimeBase tells them; deep in, offsets from a base that sticks to the left edge."""

    def __init__(self, theme: Theme, ratio: float) -> None:
        self._theme, self._ratio = theme, ratio
        self._plain = LabelSheet(ui_font(FONT_SMALL_PX), ratio, SHEET_PX)
        self._bold = LabelSheet(ui_font(FONT_SMALL_PX, bold=True), ratio, SHEET_PX)
        self._strip: _Strip | None = None
        self._pixmap = QPixmap()  # of the strip

    def paint(self, painter: QPainter, geometry: Geometry, times: TimeBase) -> None:
        """Paints the strip over the lanes' area and the corner over the names. The painter's unit: device pixels."""
        theme, px = self._theme, self._px
        width, height, names = px(geometry.width), px(RULER_PX), px(geometry.names_px)
        strip = self._fitting_strip(geometry, times)
        before = geometry.first_column - strip.first
        painter.drawPixmap(names, 0, self._pixmap, before, 0, geometry.columns, height)
        for left, right in strip.texts:
            if left < before < right or left < before + geometry.columns < right:  # cut, it would tell another time
                painter.fillRect(names + left - before, 0, right - left, height - px(TICK_PX), theme.color("panel"))
        if strip.ticks.base is not None:
            self._paint_base(painter, names, strip.ticks.base.text)
        painter.fillRect(0, 0, names, height, theme.color("panel"))
        told = f"{duration(geometry.end_ns - geometry.start_ns)} {TOLD[times.times]}"
        painter.setClipRect(0, 0, names - px(GAP_PX), height)
        self._plain.draw(painter, px(12), (height - self._plain.height) // 2, told, theme.color("text_dim"))
        painter.setClipping(False)
        painter.fillRect(0, height - px(1), width, px(1), theme.color("border"))

    def _paint_base(self, painter: QPainter, left: int, text: str) -> None:
        """Marks pass below it."""
        theme, gap = self._theme, self._px(GAP_PX)
        top = self._text_bottom() - self._bold.ascent
        ink = theme.color("accent")
        width = self._bold.place(text, ink)[0]
        painter.fillRect(left, 0, width + 3 * gap, self._px(RULER_PX - TICK_PX), theme.color("panel"))
        self._bold.draw(painter, left + gap, top, text, ink)

    def _text_bottom(self) -> int:
        return self._px(RULER_PX) - self._px(TICK_PX + 6)

    def _fitting_strip(self, geometry: Geometry, times: TimeBase) -> _Strip:
        """What has the marks in view: the one there is, or else a new one."""
        grid, start_ns, end_ns = (geometry.ns_per_column, geometry.columns, times), geometry.start_ns, geometry.end_ns
        first, last, strip = geometry.first_column, geometry.first_column + geometry.columns, self._strip
        moves = strip is not None and strip.grid == grid
        if strip is not None and moves and strip.first <= first and last <= strip.last:
            base = strip.ticks.base.time_ns if strip.ticks.base is not None else None
            if base == times.base(start_ns, end_ns, strip.ticks.step_ns):
                return strip
        beside = self._px(FAR_BESIDE_PX if moves else BESIDE_PX)
        beside_ns = beside * geometry.ns_per_column
        scale = TimeScale(start_ns - beside_ns, geometry.scale.ns_per_px)
        ticks = times.ticks(start_ns, end_ns, scale.ns_per_px, beside_ns)
        texts = self._paint_strip(scale, last - first + 2 * beside, ticks, times.origin_ns)
        self._strip = _Strip(grid, first - beside, last + beside, ticks, texts)
        return self._strip

    def _paint_strip(self, scale: TimeScale, width: int, ticks: Ticks, origin_ns: float) -> list[tuple[int, int]]:
        """Returns where the texts are."""
        px, height = self._px, self._px(RULER_PX)
        ink, top = self._theme.color("text_dim"), self._text_bottom() - self._plain.ascent
        self._plain.add([tick.text for tick in ticks.marks], ink)
        if self._pixmap.width() != width or self._pixmap.height() != height:
            self._pixmap = QPixmap(width, height)
        painter = QPainter(self._pixmap)
        painter.fillRect(0, 0, width, height, self._theme.color("panel"))
        texts = []
        if ticks.marks:
            times = np.array([tick.time_ns for tick in ticks.marks]) + origin_ns
            places = np.rint(self._pixels(scale, times)).astype(np.intp)
            for tick, left in zip(ticks.marks, (places + px(GAP_PX) // 2).tolist(), strict=True):
                texts.append((left, left + self._plain.draw(painter, left, top, tick.text, ink)))
            step = scale.width(ticks.step_ns / 5) * self._ratio
            left = float(self._pixels(scale, times[0] - ticks.step_ns))
            fine = np.rint(left + np.arange(int((width - left) / step) + 1) * step).astype(np.intp)
            self._paint_marks(painter, places, fine, width)
        painter.end()
        return texts

    def _pixels(self, scale: TimeScale, times_ns: NDArray[np.floating]) -> NDArray[np.floating]:
        """Where times are, device px."""
        return (scale.left_px + (times_ns - scale.start_ns) / scale.ns_per_px) * self._ratio

    def _paint_marks(self, painter: QPainter, places: Pixels, fine: Pixels, width: int) -> None:
        """Paints the marks and the fine ones between them, all in one image."""
        theme, px, height = self._theme, self._px, self._px(TICK_PX)
        lines = np.full((height, width), theme.color("panel").rgb(), np.uint32)
        for offset in range(px(1)):
            for some, high, colour in ((fine, px(MINOR_PX), "border"), (places, height, "border_strong")):
                columns = some + offset
                columns = columns[(columns >= 0) & (columns < width)]
                lines[height - high :, columns] = theme.color(colour).rgb()
        painter.drawImage(0, px(RULER_PX) - height, QImage(lines.data, width, height, QImage.Format.Format_RGB32))

    def _px(self, logical: float) -> int:
        return round(logical * self._ratio)
