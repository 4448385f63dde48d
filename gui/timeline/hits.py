"""Lights up on the lanes what a search has found, however many there are: by columns of pixels."""

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from engine.model.search import Hits
from gui.state.search import SearchState
from gui.theme import ActiveTheme
from gui.timeline.scene import Scene

LINE_PX = 2  # the line above a hit
SHADE = 150  # of 255: what is no hit steps back this far
LEAST_COLUMNS = 2  # device px; a hit is never drawn narrower


class HitMarks:
    """A line above every hit; all else steps back. Two images of a pixel's height for each row in view."""

    def __init__(self, search: SearchState, themes: ActiveTheme) -> None:
        self._search, self._themes = search, themes
        self._made_for: object = None
        self._masks: list[tuple[int, QImage, QImage]] = []  # row, line, shade
        self._pixels: list[np.ndarray] = []  # the images' memory

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Over the lanes of a scene."""
        hits = self._search.hits
        if hits is None:
            return
        geometry = scene.geometry
        theme = self._themes.current
        wanted = (geometry, scene.rows, hits, len(hits), theme)
        if wanted != self._made_for:
            self._make(scene, hits)
            self._made_for = wanted
        for row, line, shade in self._masks:
            top = geometry.row_top(row)
            width = geometry.width - geometry.names_px
            painter.drawImage(QRect(geometry.names_px, top, width, geometry.row_px), shade)
            painter.drawImage(QRect(geometry.names_px, top, width, LINE_PX), line)

    def _make(self, scene: Scene, hits: Hits) -> None:
        geometry, theme = scene.geometry, self._themes.current
        accent, shade = theme.color("text"), theme.color("canvas")
        shade.setAlpha(SHADE)
        columns = geometry.columns
        self._masks, self._pixels = [], []
        for row in range(geometry.first_row, geometry.first_row + geometry.rows_in_view):
            found = np.zeros(columns, bool)
            for lane in scene.rows.rows[row].lanes:
                touched = hits.columns(lane, geometry.start_ns, geometry.ns_per_column, columns)
                if touched is not None:
                    found |= touched
            if not scene.rows.rows[row].lanes:
                continue
            wide = found.copy()
            for step in range(1, LEAST_COLUMNS):
                wide[step:] |= found[:-step]
            self._masks.append((row, self._image(wide, accent), self._image(~wide, shade)))

    def _image(self, where: np.ndarray, colour: QColor) -> QImage:
        """One row of pixels: the colour where it is wanted, nothing elsewhere."""
        alpha = colour.alpha()
        red, green, blue = (part * alpha // 255 for part in (colour.red(), colour.green(), colour.blue()))
        pixels = np.where(where, np.uint32(alpha << 24 | red << 16 | green << 8 | blue), np.uint32(0))
        self._pixels.append(pixels)
        size = len(pixels)
        return QImage(pixels.data, size, 1, 4 * size, QImage.Format.Format_ARGB32_Premultiplied)
