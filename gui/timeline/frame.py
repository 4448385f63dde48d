"""One frame of the timeline: lanes as one image made by numpy, then labels, names and ruler."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap

from engine.model.entities import Primitive
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.state.filters import Filters
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, mix, ui_font
from gui.timeline.columns import MAKE_S, LaneColumns
from gui.timeline.geometry import RULER_PX
from gui.timeline.labels import LEAST_PX, PADDING, LabelSheet, wide_runs
from gui.timeline.names import Names
from gui.timeline.raster import Raster
from gui.timeline.row_shape import RowShape
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
    """Makes frames and paints them as often as asked. One per theme, state filter, device pixel ratio, row shape."""

    def __init__(self, theme: Theme, ratio: float, filters: Filters, shape: RowShape) -> None:
        self.ratio, self.shape = ratio, shape
        self.runs = wide_runs(np.empty((0, 0), dtype=np.uint8), 1)
        self._theme = theme
        self._raster = Raster(theme, ratio, filters.states, shape)
        self._columns = LaneColumns(self._raster)
        self._labels = LabelSheet(ui_font(FONT_SMALL_PX + shape.label_growth_px), ratio)
        self._names = Names(theme, shape)
        self._ruler = Ruler(theme)
        self._top = QPixmap()
        self._rows_end = 0
        self._placed: list[tuple[int, int, int, int, tuple[int, int, int, int]]] = []
        self._placed_deadlocks: list[tuple[int, int, int, tuple[int, int, int, int]]] = []
        self._wait_names = WaitNames()
        self._waits = np.empty(0, dtype=np.intp)  # which of the runs are waits, and for which primitives
        self._awaited: list[int] = []
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
            if state is State.UNKNOWN and not code & DEADLOCKED:
                ink = theme.color("text")  # its hatching is mostly background
            if filters.states and state not in filters.states:
                ink = faint
            self._inks.append((ink, ink.rgb()))

    @property
    def complete(self) -> bool:
        """Everything in view is exact; else the next `prepare` goes on."""
        return self._columns.complete

    def prepare(self, scene: Scene, budget_s: float = MAKE_S) -> None:
        """Makes what `paint` needs, exact cells within a budget (s). To be called when the scene has changed."""
        geometry, model = scene.geometry, scene.model
        if model is not self._texts_of:
            self._texts, self._texts_of = {}, model
        self._columns.update(scene, budget_s)
        self.runs = wide_runs(self._columns.codes, round(LEAST_PX * self.ratio))
        sheet = self._labels.pixmap
        self._placed = self._place_labels(scene)
        if self._labels.pixmap is not sheet:  # it was full and has started anew: what was placed before that is gone
            self._placed = self._place_labels(scene)
        self._rows_end = geometry.row_top(geometry.first_row + geometry.rows_in_view)
        self._top = QPixmap(round(geometry.width * self.ratio), round(RULER_PX * self.ratio))
        self._top.setDevicePixelRatio(self.ratio)
        painter = QPainter(self._top)
        self._ruler.paint(painter, geometry, scene.times)
        painter.end()

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Paints what was prepared: the lanes in one image, then labels, names and ruler."""
        geometry = scene.geometry
        for column, image in self._columns.images():
            image.setDevicePixelRatio(self.ratio)
            painter.drawImage(QPointF(geometry.names_px + column / self.ratio, RULER_PX), image)
        if self._rows_end < geometry.height:
            rest = geometry.height - self._rows_end
            painter.fillRect(geometry.names_px, self._rows_end, geometry.width, rest, self._theme.color("canvas"))
        draw, sheet = painter.drawPixmap, self._labels.pixmap
        for place in self._placed:
            draw(*place[:4], sheet, *place[4])
        for left, top, width, text_place in self._placed_deadlocks:
            painter.fillRect(left - 3, top, width + 5, self._labels.height, self._deadlock)
            draw(left, top, width, self._labels.height, sheet, *text_place)
        self._names.paint(painter, scene)
        painter.drawPixmap(0, 0, self._top)

    def wait_boxes(self, scene: Scene, primitive: int) -> list[QRectF]:
        """Where the wide waits for a primitive are, in logical px."""
        geometry, runs, boxes = scene.geometry, self.runs, []
        for place, awaited in zip(self._waits.tolist(), self._awaited, strict=True):
            if awaited == primitive:
                first, last = int(runs.firsts[place]), int(runs.lasts[place])
                top = geometry.row_top(geometry.first_row + int(runs.rows[place])) + self.shape.bar_top
                width = (last - first) / self.ratio - 1
                boxes.append(QRectF(geometry.names_px + first / self.ratio, top, width, self.shape.bar_px))
        return boxes

    def _place_labels(self, scene: Scene) -> list[tuple[int, int, int, int, tuple[int, int, int, int]]]:
        """Where each label goes (x, y, width, height) and where it is on the sheet."""
        geometry, ratio, sheet, runs = scene.geometry, self.ratio, self._labels, self.runs
        height = sheet.height
        drop = self.shape.bar_top + (self.shape.bar_px - height) // 2
        tops = [geometry.row_top(geometry.first_row + place) + drop for place in range(geometry.rows_in_view)]
        lefts = (geometry.names_px + PADDING + (runs.firsts / ratio).astype(int)).tolist()
        widths = ((runs.lasts - runs.firsts) / ratio - 2 * PADDING).astype(int).tolist()
        waits = iter(self._wait_texts(scene))
        placed, deadlocks = [], []
        for place, left, width, code in zip(runs.rows.tolist(), lefts, widths, runs.codes.tolist(), strict=True):
            texts = self._plain_texts[code]
            if texts is None:
                texts = next(waits)
            label = sheet.fit(texts, width, *self._inks[code])
            if label is None:
                continue
            if code & DEADLOCKED:
                deadlocks.append((left, tops[place], label.width, label.source))
            else:
                placed.append((left, tops[place], label.width, height, label.source))
        self._placed_deadlocks = deadlocks
        return placed

    def _wait_texts(self, scene: Scene) -> list[tuple[str, ...]]:
        """For every wide wait in order, `lock wait accounts` and shorter ones."""
        geometry, runs, model = scene.geometry, self.runs, scene.model
        waits = np.flatnonzero(np.isin(runs.codes & STATE_MASK, _WITH_PRIMITIVE))
        self._waits, self._awaited = waits, []
        if not len(waits):
            return []
        middles = (runs.firsts[waits] + runs.lasts[waits]) / 2 * geometry.ns_per_column + geometry.start_ns
        rows = scene.rows.lane_ids[geometry.first_row + runs.rows[waits]]
        wanted = [Wanted(lane, time) for lane, time in zip(rows.tolist(), middles.tolist(), strict=True)]
        primitives = self._wait_names.find(model, wanted)
        self._awaited = primitives
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
