"""Lights up on the lanes what a search has found, however many hits there are: by columns of pixels."""

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage, QPainter

from engine.model.search import Hits
from gui.state.search import SearchState
from gui.theme import ActiveTheme
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.scene import Scene

LINE_PX = 2  # the line above a hit
SHADE = 150  # of 255: what is no hit steps back this far


class HitMarks:
    """A line above every hit; all else steps back. One image over all rows in view, made anew when something changes.

    Columns lie on a grid in time, so what was looked up stays true while the view pans.
    """

    def __init__(self, search: SearchState, themes: ActiveTheme) -> None:
        self._search, self._themes = search, themes
        self._made_for: object = None
        self._image = QImage()
        self._pixels = np.zeros((0, 0), np.uint32)  # the image's memory
        self._known_for: object = None
        self._known: dict[int, tuple[int, np.ndarray]] = {}  # by lane: first column, which columns a hit touches

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Over the lanes of a scene."""
        hits = self._search.hits
        if hits is None:
            self._known = {}
            return
        geometry = scene.geometry
        wanted = (geometry, scene.rows, hits, hits.version, self._themes.current)
        if wanted != self._made_for:
            self._make(scene, hits)
            self._made_for = wanted
        painter.drawImage(QPoint(geometry.names_px, RULER_PX), self._image)

    def _make(self, scene: Scene, hits: Hits) -> None:
        geometry = scene.geometry
        grid = (hits, hits.version, f"{geometry.ns_per_column:.9e}")  # panning may change its last digits
        if grid != self._known_for:
            self._known, self._known_for = {}, grid
        rows = scene.rows_in_view
        masks = np.zeros((len(rows), geometry.columns), bool)
        for place, row in enumerate(rows):
            for lane in row.lanes:
                masks[place] |= self._columns(lane, hits, geometry)
        shown = np.array([bool(row.lanes) for row in rows], bool)
        theme = self._themes.current
        shade, line = theme.color("canvas"), theme.color("text")
        shade.setAlpha(SHADE)
        shades = np.where(masks | ~shown[:, None], np.uint32(0), _premultiplied(shade))
        wide = masks.copy()
        wide[:, 1:] |= masks[:, :-1]  # a hit is never drawn narrower than two columns
        lines = np.where(wide, _premultiplied(line), shades)
        bounds = [round(place * geometry.row_px * geometry.ratio) for place in range(len(rows) + 1)]
        height = bounds[-1]
        if self._pixels.shape != (height, geometry.columns):
            self._pixels = np.empty((height, geometry.columns), np.uint32)
        upper = round(LINE_PX * geometry.ratio)
        for place, (top, bottom) in enumerate(pairwise(bounds)):
            self._pixels[top : top + upper] = lines[place]
            self._pixels[top + upper : bottom] = shades[place]
        stride = 4 * geometry.columns
        pixels = self._pixels.data
        self._image = QImage(pixels, geometry.columns, height, stride, QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(geometry.ratio)

    def _columns(self, lane: int, hits: Hits, geometry: Geometry) -> np.ndarray:
        """Which columns of the view a hit of the lane touches; what the former view showed of them is kept."""
        first, columns = geometry.first_column, geometry.columns
        before, known = self._known.get(lane, (0, np.zeros(0, bool)))
        low, high = max(first, before), min(first + columns, before + len(known))
        if high <= low:
            found = _touched(hits, lane, geometry, first, columns)
        else:
            found = np.concatenate(
                [
                    _touched(hits, lane, geometry, first, low - first),
                    known[low - before : high - before],
                    _touched(hits, lane, geometry, high, first + columns - high),
                ]
            )
        self._known[lane] = (first, found)
        return found


def _touched(hits: Hits, lane: int, geometry: Geometry, first: int, columns: int) -> np.ndarray:
    found = None
    if columns > 0:
        found = hits.columns(lane, first * geometry.ns_per_column, geometry.ns_per_column, columns)
    return np.zeros(max(columns, 0), bool) if found is None else found


def _premultiplied(colour: QColor) -> np.uint32:
    alpha = colour.alpha()
    red, green, blue = (part * alpha // 255 for part in (colour.red(), colour.green(), colour.blue()))
    return np.uint32(alpha << 24 | red << 16 | green << 8 | blue)
