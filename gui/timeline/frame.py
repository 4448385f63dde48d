"""One frame of the timeline as an image: lanes from codes by numpy, then labels, names and ruler painted on top."""

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QImage, QPainter

from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.state.filters import Filters
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, text_on, ui_font
from gui.timeline.geometry import NAMES_PX, RULER_PX, Geometry
from gui.timeline.labels import LEAST_PX, PADDING, LabelSheet, Runs, wide_runs
from gui.timeline.names import Names
from gui.timeline.raster import BAR_BOTTOM, BAR_TOP, Codes, Raster
from gui.timeline.rows import Row, RowKind, Rows
from gui.timeline.ruler import Ruler

_WITH_PRIMITIVE = (State.LOCK_WAIT, State.WAIT)
_KEPT_TEXTS = 20_000
_SHORTER = {
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
        self.runs = Runs(*(np.empty(0, dtype=np.intp) for _ in range(3)), np.empty(0, dtype=np.uint8))
        self._theme = theme
        self._raster = Raster(theme, ratio, filters.states)
        self._labels = LabelSheet(ui_font(FONT_SMALL_PX), ratio)
        self._names = Names(theme)
        self._ruler = Ruler(theme)
        self._pixels = np.empty((0, 0), dtype=np.uint32)
        self._texts: dict[tuple[int, int], tuple[str, ...]] = {}
        self._texts_scale = 0.0
        shown = filters.states
        faint = theme.color("text_dim")
        self._ink = {state: faint if shown and state not in shown else theme.state_text(state) for state in State}
        self._deadlock_ink = theme.color("canvas")
        self._deadlock_ink.setNamedColor(text_on(theme.deadlock))

    def paint(
        self, geometry: Geometry, rows: Rows, model: Model, deadlocked: set[int], is_open: Callable[[Row], bool]
    ) -> None:
        """Fills `image`. The lanes' area may reach below the widget by part of a row."""
        self._make_image(geometry)
        if len(rows):
            self._paint_lanes(geometry, rows, model)
        painter = QPainter(self.image)
        bottom = geometry.row_top(geometry.first_row + geometry.rows_in_view)
        if bottom < geometry.height:
            painter.fillRect(NAMES_PX, bottom, geometry.width, geometry.height - bottom, self._theme.color("canvas"))
        self._paint_labels(painter, geometry, rows, model)
        self._names.paint(painter, geometry, rows, model, deadlocked, is_open)
        self._ruler.paint(painter, geometry, model.start_ns)
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

    def _paint_lanes(self, geometry: Geometry, rows: Rows, model: Model) -> None:
        first, count = geometry.first_row, geometry.rows_in_view
        columns, height = geometry.columns, self._raster.row_height
        lane_ids = rows.lane_ids[first : first + count]
        places = np.flatnonzero(lane_ids >= 0)
        dominant, worst, held = (np.zeros((count, columns), dtype=np.uint8) for _ in range(3))
        if len(places):
            span = (lane_ids[places], geometry.start_ns, geometry.ns_per_column, columns)
            dominant[places], worst[places] = model.states.codes(*span)
            held[places] = model.holds.covered(*span)
        top, left = round(RULER_PX * self.ratio), self._pixels.shape[1] - columns
        area = self._pixels[top : top + count * height, left:]
        blocks = area.reshape(count, height, columns)
        self._raster.fill_lanes(blocks, dominant, worst, held, geometry.first_column)
        for place in np.flatnonzero(lane_ids < 0):
            row = rows.rows[first + place]
            if row.lanes:
                lanes = np.array(row.lanes)
                summary, _ = model.states.codes(lanes, geometry.start_ns, geometry.ns_per_column, columns)
                self._raster.fill_summary(blocks[place], summary)
            else:
                blocks[place] = self._raster.group_pixel
        self.codes = dominant
        self.runs = wide_runs(dominant, round(LEAST_PX * self.ratio))

    def _paint_labels(self, painter: QPainter, geometry: Geometry, rows: Rows, model: Model) -> None:
        if geometry.ns_per_column != self._texts_scale or len(self._texts) > _KEPT_TEXTS:
            self._texts.clear()
            self._texts_scale = geometry.ns_per_column
        ratio, sheet = self.ratio, self._labels
        drop = BAR_TOP + (BAR_BOTTOM - BAR_TOP - sheet.height) // 2
        runs = self.runs
        for place, first, last, code in zip(
            runs.rows.tolist(), runs.firsts.tolist(), runs.lasts.tolist(), runs.codes.tolist(), strict=True
        ):
            state = State(code & STATE_MASK)
            if state is State.IDLE:
                continue
            width = int((last - first) / ratio) - 2 * PADDING
            number = geometry.first_row + place
            if state in _WITH_PRIMITIVE:
                middle = geometry.start_ns + (first + last) / 2 * geometry.ns_per_column
                texts = self._wait_texts(model, rows.rows[number].lanes[0], middle, geometry.first_column + last, code)
            else:
                texts = _SHORTER.get(state) or (STATE_NAMES[state],)
            if text := sheet.fit(texts, width):
                ink = self._deadlock_ink if code & DEADLOCKED else self._ink[state]
                left = NAMES_PX + int(first / ratio) + PADDING
                sheet.draw(painter, (left, geometry.row_top(number) + drop), text, ink)

    def _wait_texts(self, model: Model, lane: int, time_ns: float, column: int, code: int) -> tuple[str, ...]:
        """`lock wait accounts` and shorter ones. Asked for once per slice and zoom: `column` is where the run ends."""
        texts = self._texts.get((lane, column))
        if texts is None:
            shown = model.states.slice_at(lane, int(time_ns))
            primitive = model.primitives.get(model.detail(shown.detail)[0]) if shown else None
            kind = "deadlock" if code & DEADLOCKED else STATE_NAMES[State(code & STATE_MASK)]
            name = primitive.name or primitive.short if primitive else ""
            short = kind.partition(" ")[0]
            texts = (f"{kind} {name}", name, short) if name else (kind, short)
            self._texts[lane, column] = texts
        return texts


def is_open_in(filters: Filters) -> Callable[[Row], bool]:
    """Whether the rows under a header are shown."""

    def is_open(row: Row) -> bool:
        if row.kind is RowKind.PROCESS:
            return row.process not in filters.collapsed
        return row.process in filters.services

    return is_open
