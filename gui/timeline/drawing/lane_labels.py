"""Labels of the wide slices in view: their state, and what they wait for."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.model.entities import Primitive
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, mix, ui_font
from gui.timeline.drawing.labels import LabelSheet, Runs, wide_runs
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.row_shape import RowShape
from gui.timeline.layout.rows import Row
from gui.timeline.layout.scene import Scene
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.raster import Codes

PADDING = 4
LEAST_PX = 32  # narrower slices get no label
CHOICES = 3  # texts for one label at most, the longest first
REUSED, OVERDUE, LONG_REUSED = 3, 4, 16  # paints in a row for which what was found is used again
NEARLY = 0.8  # of LEAST_PX: may become wide enough meanwhile
NEVER = 1 << 30  # px; the width of a text that there is not
_WITH_PRIMITIVE = (State.LOCK_WAIT, State.WAIT)
_TEXTS = {
    State.IDLE: (),
    State.RUNNING: (STATE_NAMES[State.RUNNING], "run"),
    State.GIL_WAIT: (STATE_NAMES[State.GIL_WAIT], "GIL"),
    State.CORE_WAIT: (STATE_NAMES[State.CORE_WAIT], "core"),
}
Ints = NDArray[np.int64]


class _Found(NamedTuple):
    """What may be labelled: equal-length arrays. Rows count from the first one in view; `options`: CHOICES texts on the
    sheet each (width, x, y)."""

    rows: NDArray[np.intp]
    starts_ns: NDArray[np.floating]
    ends_ns: NDArray[np.floating]
    codes: Codes
    awaited: Ints  # primitive, 0: none
    options: Ints


NOTHING = _Found(
    np.empty(0, np.intp),
    np.empty(0),
    np.empty(0),
    np.empty(0, np.uint8),
    np.empty(0, np.int64),
    np.empty((0, CHOICES, 3), np.int64),
)


class _Covered(NamedTuple):
    """Columns `first` to `last` (exclusive) of a grid and a state of the model."""

    grid: tuple[object, ...]
    first: int
    last: int

    def shows(self, columns: LaneColumns) -> bool:
        """Whether all columns in view are among these."""
        return self.first <= columns.first and columns.last <= self.last


NOWHERE = _Covered((), 0, 0)


class LaneLabels:
    """Where the labels of a scene go. One per theme, states shown (all when empty), device pixel ratio, row shape."""

    def __init__(self, theme: Theme, ratio: float, shown: frozenset[State], shape: RowShape) -> None:
        self._theme, self._shown, self._ratio, self._shape = theme, shown, ratio, shape
        self._sheet = LabelSheet(ui_font(FONT_SMALL_PX + shape.label_growth_px), ratio)
        self._behind = QColor(mix(theme.deadlock, "#000000", 0.35))
        self._found = NOTHING
        self._rows: list[Row] = []
        self._reused = 0  # paints in a row
        self._model: Model | None = None
        self._shows: tuple[object, ...] = ()  # what has been given places
        self._covered = NOWHERE  # what was found holds for this, exactly
        self._choices: dict[int, list[tuple[int, int, int]]] = {}  # by code and primitive
        # Left, top, width, and x and y on the sheet; device px.
        self._placed: list[tuple[int, int, int, int, int]] = []
        self._deadlocked: list[tuple[int, int, int, int, int]] = []

    @property
    def complete(self) -> bool:
        """What was found is of what is in view."""
        return self._reused == 0

    @property
    def overdue(self) -> bool:
        """What was found should be looked for again."""
        return self._reused >= OVERDUE

    def place(self, scene: Scene, columns: LaneColumns) -> None:
        """Finds the place of each label for what is in view. While the view moves, what was found is used again for a
        few paints, and for more when it is being zoomed and cells had to be made; for a few as well while the recording
        is being opened."""
        if scene.model is not self._model:
            self._model, self._rows, self._found, self._choices = scene.model, columns.rows, NOTHING, {}
            self._covered = NOWHERE
        grid = (scene.version, scene.model.finished, columns.ns_per_column, columns.placing.column)
        shows = (*grid, columns.first, columns.last)
        same = columns.rows == self._rows
        if same and shows == self._shows and self.complete and not columns.changed:
            return
        self._shows = shows
        if not same or columns.changed or grid != self._covered.grid:
            self._covered = NOWHERE
        if not same:
            self._carry_over(columns.rows)
        if not self._covered.shows(columns):
            self._reused = self._reused + 1 if self._may_wait(scene, columns) else 0
            if self.complete:
                self._find(scene, columns, grid)
        self._put(scene.geometry)

    def _carry_over(self, rows: list[Row]) -> None:
        """What was found goes along with its rows."""
        places = {row: place for place, row in enumerate(rows)}
        found = self._found
        new = np.array([places.get(row, -1) for row in self._rows], np.intp)[found.rows]
        kept = new >= 0
        self._found = _Found(new[kept], *(part[kept] for part in found[1:]))  # type: ignore[arg-type]
        self._rows = rows

    def _may_wait(self, scene: Scene, columns: LaneColumns) -> bool:
        if columns.zooming:
            return columns.anew or self._reused < (LONG_REUSED if columns.made_s else REUSED)
        return (columns.anew or columns.panning or scene.opening) and self._reused < REUSED

    def _find(self, scene: Scene, columns: LaneColumns, grid: tuple[object, ...]) -> None:
        """What is wide enough for a label, or nearly; beside the view, too, if that is panned over known ground."""
        first, last = columns.known if columns.panning and not columns.changed else (columns.first, columns.last)
        self._covered = _Covered(grid, first, last)
        least = LEAST_PX * self._ratio / columns.placing.column
        codes = columns.codes(first, last)
        runs = wide_runs(codes, round(least * (NEARLY if columns.zooming else 1.0)))
        starts_ns = (first + runs.firsts) * columns.ns_per_column
        ends_ns = (first + runs.lasts) * columns.ns_per_column
        awaited = _awaited(scene, runs, (starts_ns + ends_ns) / 2)
        kinds, kind_of = np.unique(runs.codes.astype(np.int64) | awaited << 8, return_inverse=True)
        begun = self._sheet.begun
        choices = [self._choices_of(kind, scene.model) for kind in kinds.tolist()]
        if self._sheet.begun != begun:  # it was full
            self._choices = {}
            choices = [self._choices_of(kind, scene.model) for kind in kinds.tolist()]
        options = np.array(choices, np.int64).reshape(-1, CHOICES, 3)[kind_of]
        self._found = _Found(runs.rows, starts_ns, ends_ns, runs.codes, awaited, options)

    def _put(self, geometry: Geometry) -> None:
        """Gives what was found its places, and texts that fit."""
        found = self._found
        if not len(found.rows):
            self._placed, self._deadlocked = [], []
            return
        lefts, rights = self._edges(geometry)
        widths = rights - lefts
        fitting = found.options[:, :, 0] <= (widths - self._px(2 * PADDING))[:, None]
        some = np.flatnonzero(fitting.any(axis=1) & (widths >= round(LEAST_PX * self._ratio)))
        chosen = found.options[some, fitting[some].argmax(axis=1)]
        left = lefts[some] + self._px(geometry.names_px + PADDING)
        drop = self._px(self._shape.bar_top) + (self._px(self._shape.bar_px) - self._sheet.height) // 2
        top = found.rows[some] * self._px(self._shape.height) + self._px(RULER_PX) + drop
        placed = np.column_stack([left, top, chosen])
        stuck = (found.codes[some] & DEADLOCKED) != 0
        self._placed = [tuple(place) for place in placed[~stuck].tolist()]
        self._deadlocked = [tuple(place) for place in placed[stuck].tolist()]

    def _edges(self, geometry: Geometry) -> tuple[Ints, Ints]:
        """Left and right edges of what was found, as far as it is in view: device px from the lanes' left edge."""
        lefts, rights = (
            np.clip(np.rint((times - geometry.start_ns) / geometry.ns_per_column), 0, geometry.columns)
            for times in (self._found.starts_ns, self._found.ends_ns)
        )
        return lefts.astype(np.int64), rights.astype(np.int64)

    def paint(self, painter: QPainter) -> None:
        """Paints them; the painter's unit is the device pixel."""
        draw, sheet, height = painter.drawPixmap, self._sheet.pixmap, self._sheet.height
        for left, top, width, x, y in self._placed:
            draw(left, top, width, height, sheet, x, y, width, height)
        for left, top, width, x, y in self._deadlocked:
            painter.fillRect(left - self._px(3), top, width + self._px(5), height, self._behind)
            draw(left, top, width, height, sheet, x, y, width, height)

    def wait_boxes(self, scene: Scene, primitive: int) -> list[QRectF]:
        """Where the wide waits for a primitive are, in logical px."""
        geometry, found, boxes = scene.geometry, self._found, []
        lefts, rights = self._edges(geometry)
        for place in np.flatnonzero(found.awaited == primitive).tolist():
            top = geometry.place_top(int(found.rows[place])) + self._shape.bar_top
            width = (rights[place] - lefts[place]) / self._ratio - 1
            if width > 0:
                boxes.append(QRectF(geometry.names_px + lefts[place] / self._ratio, top, width, self._shape.bar_px))
        return boxes

    def _px(self, logical: float) -> int:
        return round(logical * self._ratio)

    def _choices_of(self, kind: int, model: Model) -> list[tuple[int, int, int]]:
        """CHOICES texts on the sheet (width, x, y) for a code and a primitive."""
        if kind not in self._choices:
            code, primitive = kind & 0xFF, model.primitives.get(kind >> 8)
            ink = self._ink(code)
            places = [self._sheet.place(text, ink) for text in _texts(code, primitive)]
            self._choices[kind] = places + [(NEVER, 0, 0)] * (CHOICES - len(places))
        return self._choices[kind]

    def _ink(self, code: int) -> QColor:
        state = _state(code)
        if self._shown and state not in self._shown:
            return self._theme.color("text_dim")
        if code & DEADLOCKED:
            return QColor("#ffffff")
        # The hatching of what is unknown is mostly background.
        return self._theme.color("text") if state is State.UNKNOWN else self._theme.state_text(state)


def _awaited(scene: Scene, runs: Runs, middles_ns: NDArray[np.floating]) -> Ints:
    """The primitive that each run waits for, 0: none."""
    awaited = np.zeros(len(runs.codes), np.int64)
    waits = np.flatnonzero(np.isin(runs.codes & STATE_MASK, _WITH_PRIMITIVE))
    if len(waits):
        model = scene.model
        lanes = scene.lane_ids_in_view[runs.rows[waits]]
        details = model.states.details_at(lanes, middles_ns[waits].astype(np.int64))
        kinds, kind_of = np.unique(details, return_inverse=True)
        primitives = (model.detail(detail)[0] for detail in kinds.tolist())
        awaited[waits] = np.array([primitive.id if primitive else 0 for primitive in primitives])[kind_of]
    return awaited


def _state(code: int) -> State:
    number = code & STATE_MASK
    return State(number) if number < len(State) else State.UNKNOWN


def _texts(code: int, primitive: Primitive | None) -> tuple[str, ...]:
    """What a slice can be called: `lock wait accounts`, and shorter."""
    state = _state(code)
    if state not in _WITH_PRIMITIVE:
        return _TEXTS.get(state, (STATE_NAMES[state],))
    kind = "deadlock" if code & DEADLOCKED else STATE_NAMES[state]
    short = kind.partition(" ")[0]
    name = primitive.name or primitive.short if primitive else ""
    return (f"{kind} {name}", name, short) if name else (kind, short)
