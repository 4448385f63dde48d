"""Bookmarks on the ruler and through the lanes; what one says shows where the pointer is."""

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QPolygonF

from engine.model import bookmarks
from engine.model.columns import distinct
from gui.state.selection import Selection
from gui.theme import FONT_PX, ActiveTheme, ui_font
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.scene import Scene

FLAG_PX = 10
REACH_PX = 5  # from the pointer
MOST_TEXTS = 3
LABEL_PX = 20


class Flags:
    """One flag per bookmark, or per pixel that holds several: the reader's in the accent, the program's in grey."""

    def __init__(self, selection: Selection, themes: ActiveTheme) -> None:
        self._selection, self._themes = selection, themes
        self._known: object = None
        nothing = bookmarks.Times(np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._own, self._marks = nothing, nothing

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Over the lanes and the ruler of a scene."""
        model = scene.model
        known = (model, len(model.marks), tuple(model.bookmarks.values()))
        if known != self._known:
            self._own, self._marks = bookmarks.times(model, own=True), bookmarks.times(model, own=False)
            self._known = known
        for every, colour in ((self._marks, "text_dim"), (self._own, "accent")):
            if len(every.times):
                self._paint(painter, scene, every.times, colour)
        if self._selection.hover_ns is not None:
            self._paint_text(painter, scene, self._selection.hover_ns)

    def _paint(self, painter: QPainter, scene: Scene, times: np.ndarray, colour: str) -> None:
        geometry = scene.geometry
        first, last = times.searchsorted(np.array([geometry.start_ns, geometry.end_ns]).astype(np.int64))
        scale = geometry.scale
        places = distinct(np.round(scale.left_px + (times[first:last] - scale.start_ns) / scale.ns_per_px))
        ink = self._themes.current.color(colour)
        faint = self._themes.current.color(colour)
        faint.setAlpha(110)
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
        painter.drawLines([QLineF(x, RULER_PX, x, geometry.height) for x in places.tolist()])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        top = RULER_PX - FLAG_PX - 1
        for x in places.tolist():
            painter.drawRect(QRectF(x - 0.5, top, 1, FLAG_PX + 1))
            painter.drawPolygon(
                QPolygonF([QPointF(x, top), QPointF(x + FLAG_PX, top + FLAG_PX / 2), QPointF(x, top + FLAG_PX)])
            )

    def _paint_text(self, painter: QPainter, scene: Scene, hover_ns: float) -> None:
        reach = scene.geometry.scale.duration(REACH_PX)
        texts = bookmarks.near(scene.model, self._own, self._marks, hover_ns, reach, MOST_TEXTS)
        if not texts:
            return
        theme, geometry = self._themes.current, scene.geometry
        font = ui_font(FONT_PX - 1)
        width = max(map(QFontMetrics(font).horizontalAdvance, texts)) + 16
        left = min(max(geometry.scale.x(hover_ns) + 10, geometry.names_px), geometry.width - width)
        box = QRectF(left, RULER_PX + 2, width, LABEL_PX * len(texts))
        painter.setPen(theme.color("border_strong"))
        painter.setBrush(theme.color("raised"))
        painter.drawRect(box)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        for number, text in enumerate(texts):
            line = QRectF(left + 8, box.top() + number * LABEL_PX, width, LABEL_PX)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
