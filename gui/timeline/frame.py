"""One frame of the timeline as an image: lanes from codes by numpy, then labels, names and ruler painted on top."""

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from engine.model.entities import Primitive
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.state.filters import Filters
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, mix, ui_font
from gui.timeline.columns import LaneColumns
from gui.timeline.geometry import NAMES_PX, RULER_PX, Geometry
from gui.timeline.labels import LEAST_PX, PADDING, LabelSheet, wide_runs
from gui.timeline.names import Names
from gui.timeline.raster import BAR_BOTTOM, BAR_TOP, Codes, Raster
from gui.timeline.ruler import Ruler
from gui.timeline.scene import Scene
from gui.timeline.wait_names import WaitNames, Wanted

_WITH_PRIMITIVE = (State.LOCK_WAIT, State.WAIT)
_TEXTS = {
    State.IDLE: (),
    State.RUNNING: (STATE_NAMES[State.RUNNING], "run"),
    State.GIL_WAIT: (STATE_NAMES[State.GIL_WAIT], "GIL"),
    State.CORE_WAIT: (STATE_NAMES[State.CORE_WAIT], "core"),
}


class Frame:
    """Paints frames into one reused image, and remembers the codes that are in it.

    One per theme, state filter and device pixel ratio.
    """

    def __init__(self, theme: Theme, ratio: float, filters: Filters) -> None:
        self.ratio = ratio
        self.image = QImage()
        self.codes: Codes = np.empty((0, 0), dtype=np.uint8)
        self.runs = wide_runs(self.codes, 1)
        self._theme = theme
        self._raster = Raster(theme, ratio, filters.states)
        self._columns = LaneColumns(self._raster)
        self._labels = LabelSheet(ui_font(FONT_SMALL_PX), ratio)
        self._names = Names(theme)
        self._ruler = Ruler(theme)
        self._pixels = np.empty((0, 0), dtype=np.uint32)
        self._wait_names = WaitNames()
        self._texts: dict[tuple[int, int], tuple[str, ...]] = {}
        self._texts_of: Model | None = None
        self._deadlock = QColor(mix(theme.deadlock, "#000000", 0.35))
        self._plain_texts: list[tuple[str, ...] | None] = []
        self._inks: list[tuple[QColor, int]] = []
        faint = theme.color("text_dim")
        for code in range(256):
            state = State(code & STATE_MASK) if code & STATE_MASK < len(State) else State.UNKNOWN
            self._plain_texts.append(
                None if state in _WITH_PRIMITIVE else _TEXTS[state] if state in _TEXTS else (STATE_NAMES[state],)
            )
            ink = QColor("#ffffff") if code & DEADLOCKED else theme.state_text(state)
            if filters.states and state not in filters.states:
                ink = faint
            self._inks.append((ink, ink.rgb()))

    def paint(self, scene: Scene) -> None:
        """Fills `image`. The lanes' area may reach below the widget by part of a row."""
        geometry = scene.geometry
        if scene.model is not self._texts_of:
            self._texts, self._texts_of = {}, scene.model
        self._make_image(geometry)
        if len(scene.rows):
            self._paint_lanes(scene)
        painter = QPainter(self.image)
        bottom = geometry.row_top(geometry.first_row + geometry.rows_in_view)
        if bottom < geometry.height:
            painter.fillRect(NAMES_PX, bottom, geometry.width, geometry.height - bottom, self._theme.color("canvas"))
        self._paint_labels(painter, scene)
        self._names.paint(painter, scene)
        self._ruler.paint(painter, geometry, scene.model.start_ns)
        painter.end()

    def _make_image(self, geometry: Geometry) -> None:
        # The last row may be cut by the widget's edge; the image holds it whole.
        rows_px = geometry.rows_in_view * self._raster.row_height
        width = round(geometry.width * self.ratio)
        height = max(round(geometry.height * self.ratio), round(RULER_PX * self.ratio) + rows_px)
        if (self.image.width(), self.image.height()) == (width, height):
            return
        self._pixels = np.empty((height, width), dtype=np.uint32)
        self.image = QImage(self._pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self.image.setDevicePixelRatio(self.ratio)

    def _paint_lanes(self, scene: Scene) -> None:
        codes, pixels = self._columns.update(scene)
        rows, height, columns = pixels.shape
        top, left = round(RULER_PX * self.ratio), self._pixels.shape[1] - columns
        area = self._pixels[top : top + rows * height, left:].reshape(rows, height, columns)
        area[:] = pixels
        self.codes = codes
        self.runs = wide_runs(codes, round(LEAST_PX * self.ratio))

    def _paint_labels(self, painter: QPainter, scene: Scene) -> None:
        geometry, ratio, sheet, runs = scene.geometry, self.ratio, self._labels, self.runs
        height = sheet.height
        drop = BAR_TOP + (BAR_BOTTOM - BAR_TOP - height) // 2
        tops = [geometry.row_top(geometry.first_row + place) + drop for place in range(geometry.rows_in_view)]
        lefts = (NAMES_PX + PADDING + (runs.firsts / ratio).astype(int)).tolist()
        widths = ((runs.lasts - runs.firsts) / ratio - 2 * PADDING).astype(int).tolist()
        waits = iter(self._wait_texts(scene))
        for place, left, width, code in zip(runs.rows.tolist(), lefts, widths, runs.codes.tolist(), strict=True):
            texts = self._plain_texts[code]
            if texts is None:
                texts = next(waits)
            label = sheet.fit(texts, width, *self._inks[code])
            if label is not None:
                if code & DEADLOCKED:
                    painter.fillRect(left - 3, tops[place], label.width + 5, height, self._deadlock)
                painter.drawPixmap(left, tops[place], label.width, height, sheet.pixmap, *label.source)

    def _wait_texts(self, scene: Scene) -> list[tuple[str, ...]]:
        """For every wide wait in order, `lock wait accounts` and shorter ones."""
        geometry, runs, model = scene.geometry, self.runs, scene.model
        waits = np.flatnonzero(np.isin(runs.codes & STATE_MASK, _WITH_PRIMITIVE))
        if not len(waits):
            return []
        middles = (runs.firsts[waits] + runs.lasts[waits]) / 2 * geometry.ns_per_column + geometry.start_ns
        rows = scene.rows.lane_ids[geometry.first_row + runs.rows[waits]]
        wanted = [Wanted(lane, time) for lane, time in zip(rows.tolist(), middles.tolist(), strict=True)]
        primitives = self._wait_names.find(model, wanted, LEAST_PX * geometry.scale.ns_per_px)
        texts = []
        for code, number in zip(runs.codes[waits].tolist(), primitives, strict=True):
            key = (code, number)
            if key not in self._texts:
                self._texts[key] = _wait_text(code, model.primitives.get(number))
            texts.append(self._texts[key])
        return texts


def _wait_text(code: int, primitive: Primitive | None) -> tuple[str, ...]:
    kind = "deadlock" if code & DEADLOCKED else STATE_NAMES[State(code & STATE_MASK)]
    short = kind.partition(" ")[0]
    name = primitive.name or primitive.short if primitive else ""
    return (f"{kind} {name}", name, short) if name else (kind, short)
