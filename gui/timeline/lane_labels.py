"""Labels of the wide slices in view: their state, and what they wait for."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.model.entities import Primitive
from engine.model.model import Model
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, mix, ui_font
from gui.timeline.geometry import RULER_PX
from gui.timeline.labels import LabelSheet, Runs, wide_runs
from gui.timeline.raster import Codes
from gui.timeline.row_shape import RowShape
from gui.timeline.scene import Scene

PADDING = 4
LEAST_PX = 32  # narrower slices get no label
CHOICES = 3  # texts for one label at most, the longest first
NEVER = 1 << 30  # px; the width of a text that there is not
_WITH_PRIMITIVE = (State.LOCK_WAIT, State.WAIT)
_TEXTS = {
    State.IDLE: (),
    State.RUNNING: (STATE_NAMES[State.RUNNING], "run"),
    State.GIL_WAIT: (STATE_NAMES[State.GIL_WAIT], "GIL"),
    State.CORE_WAIT: (STATE_NAMES[State.CORE_WAIT], "core"),
}
Ints = NDArray[np.int64]


class LaneLabels:
    """Where the labels of a scene go. One per theme, states shown (all when empty), device pixel ratio, row shape."""

    def __init__(self, theme: Theme, shown: frozenset[State], ratio: float, shape: RowShape) -> None:
        self._theme, self._shown, self._ratio, self._shape = theme, shown, ratio, shape
        self._sheet = LabelSheet(ui_font(FONT_SMALL_PX + shape.label_growth_px), ratio)
        self._behind = QColor(mix(theme.deadlock, "#000000", 0.35))
        self._runs = wide_runs(np.empty((0, 0), dtype=np.uint8), 1)
        self._awaited: Ints = np.empty(0, np.int64)  # for each run the primitive it waits for, 0: none
        self._model: Model | None = None
        self._choices: dict[int, list[tuple[int, int, int]]] = {}  # by code and primitive
        # Left, top, width, and x and y on the sheet; device px.
        self._placed: list[tuple[int, int, int, int, int]] = []
        self._deadlocked: list[tuple[int, int, int, int, int]] = []

    def place(self, scene: Scene, codes: Codes) -> None:
        """Finds the place of each label for the codes (rows, columns) in view."""
        if scene.model is not self._model:
            self._model, self._choices = scene.model, {}
        runs = self._runs = wide_runs(codes, round(LEAST_PX * self._ratio))
        self._awaited = _awaited(scene, runs)
        kinds, kind_of = np.unique(runs.codes.astype(np.int64) | self._awaited << 8, return_inverse=True)
        sheet = self._sheet.pixmap
        choices = [self._choices_of(kind, scene.model) for kind in kinds.tolist()]
        if self._sheet.pixmap is not sheet:  # it was full and has started anew
            self._choices = {}
            choices = [self._choices_of(kind, scene.model) for kind in kinds.tolist()]
        options = np.array(choices, np.int64).reshape(-1, CHOICES, 3)[kind_of]
        fitting = options[:, :, 0] <= (runs.lasts - runs.firsts - self._px(2 * PADDING))[:, None]
        some = np.flatnonzero(fitting.any(axis=1))
        chosen = options[some, fitting[some].argmax(axis=1)]
        left = runs.firsts[some] + self._px(scene.geometry.names_px + PADDING)
        drop = self._px(self._shape.bar_top) + (self._px(self._shape.bar_px) - self._sheet.height) // 2
        top = runs.rows[some] * self._px(self._shape.height) + self._px(RULER_PX) + drop
        placed = np.column_stack([left, top, chosen])
        stuck = (runs.codes[some] & DEADLOCKED) != 0
        self._placed = [tuple(place) for place in placed[~stuck].tolist()]
        self._deadlocked = [tuple(place) for place in placed[stuck].tolist()]

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
        geometry, runs, boxes = scene.geometry, self._runs, []
        for place in np.flatnonzero(self._awaited == primitive).tolist():
            first, last = int(runs.firsts[place]), int(runs.lasts[place])
            top = geometry.row_top(geometry.first_row + int(runs.rows[place])) + self._shape.bar_top
            width = (last - first) / self._ratio - 1
            boxes.append(QRectF(geometry.names_px + first / self._ratio, top, width, self._shape.bar_px))
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


def _awaited(scene: Scene, runs: Runs) -> Ints:
    """The primitive that each run waits for, 0: none."""
    awaited = np.zeros(len(runs.codes), np.int64)
    waits = np.flatnonzero(np.isin(runs.codes & STATE_MASK, _WITH_PRIMITIVE))
    if len(waits):
        geometry, model = scene.geometry, scene.model
        middles = (runs.firsts[waits] + runs.lasts[waits]) / 2 * geometry.ns_per_column + geometry.start_ns
        lanes = scene.rows.lane_ids[geometry.first_row + runs.rows[waits]]
        details = model.states.details_at(lanes, middles.astype(np.int64))
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
