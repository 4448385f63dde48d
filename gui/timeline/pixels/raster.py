"""From state codes to pixels: lookup tables of the theme, and numpy that fills rows of an image with them.

A row is (see RowShape) a bar, and below it a line where a lock is held. No state rests on hue alone:

    running, I/O            full height
    lock wait               lower, in a tinted frame
    wait                    lower, without a frame
    GIL wait, core wait     lower, in a frame of dashes, of dots
    sleep, idle             lower still, a thin line
    unknown, deadlocked     hatched diagonally, over the full height
    sampled                 every second line a little darker
    several in one column   the worst state's colour on the upper edge
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.recording.schema import DEADLOCKED, SAMPLED, STATE_MASK, State
from gui.theme import Theme, mix
from gui.timeline.layout.row_shape import RowShape

MERGED = 0x80
_MERGED_BIT = np.uint8(7)
_OUTER, _EDGE, _MIDDLE, _CORE = range(4)
_DEPTH = {"outer": _OUTER, "edge": _EDGE, "middle": _MIDDLE, "core": _CORE}
# The outermost band that a state fills.
_REACH = {State.RUNNING: _OUTER, State.IO: _OUTER, State.UNKNOWN: _OUTER, State.SLEEP: _MIDDLE, State.IDLE: _CORE}
_TINTED = {State.LOCK_WAIT}
_STRIPES_PX = {State.GIL_WAIT: 4, State.CORE_WAIT: 2}
PATTERN_PX = 8  # period of every pattern
_PHASES = 4  # of stripes: 2 px each
_CAPS = np.uint16(_PHASES * 256)
_CODES = np.arange(256)
_STATES = np.where(np.isin(_CODES & STATE_MASK, list(State)), _CODES & STATE_MASK, State.UNKNOWN)  # of every code
_ARE_SAMPLED = _CODES & SAMPLED != 0
_ARE_DEADLOCKED = _CODES & DEADLOCKED != 0

Codes = NDArray[np.uint8]
Pixels = NDArray[np.uint32]
Counts = NDArray[np.int32]
Places = NDArray[np.uint16]  # in tables


class _Band(NamedTuple):
    """Lines of a row that look the same: their table, a colour per stripe phase and code; and which lines they are."""

    table: Pixels
    lines: list[slice]


def pixel(colour: str) -> int:
    """#rrggbb as a pixel of QImage.Format_RGB32."""
    return 0xFF000000 | int(colour[1:], 16)


def state_counts(dominant: Codes) -> Counts:
    """How many lanes are in each state: (states, columns), from codes (lanes, columns)."""
    states = dominant & np.uint8(STATE_MASK)
    counts = np.empty((len(State), dominant.shape[1]), np.int32)
    for state in State:
        np.add.reduce(states == state, axis=0, dtype=np.int32, out=counts[state])
    return counts


class Raster:
    """Fills rows of pixels. One per theme, filter, device pixel ratio and row shape; building one takes about 1 ms."""

    def __init__(
        self, theme: Theme, ratio: float = 1.0, shown: Iterable[State] = (), shape: RowShape | None = None
    ) -> None:
        self.ratio = ratio
        self.shape = shape or RowShape()
        self.row_height = round(self.shape.height * ratio)
        self._theme = theme
        self._shown = frozenset(shown)
        self._lane = theme.surfaces.lane
        self.background = pixel(theme.surfaces.canvas)
        self.lane_pixel = pixel(self._lane)
        self.group_pixel = pixel(theme.surfaces.group)
        self.hold_pixel = pixel(theme.hold)
        self._tables, darker_tables = _tables(tuple(self._colour(state) for state in State), self._lane)
        # The upper edge: as the outermost band, then from _CAPS on a colour per worst code.
        self._cap_table = np.concatenate([self._tables[_OUTER], self._worst_table()])
        self._caps = self._lines_of("cap")
        depths = [(_DEPTH[band], self._lines_of(band)) for band in ("outer", "edge", "middle", "core")]
        self._bands = [_Band(self._tables[depth], [slice(*part) for part in parts]) for depth, parts in depths]
        # The same where something is sampled: every second line is another band.
        self._sampled_bands = [
            _Band(tables[depth], lines)
            for depth, parts in depths
            for odd, tables in enumerate((self._tables, darker_tables))
            if (lines := [slice(top + (top + odd) % 2, end, 2) for top, end in parts if top + (top + odd) % 2 < end])
        ]
        self._hatch = np.stack([self._hatch_table(stripe) for stripe in (False, True)])
        self._hold_above_lane = np.uint32((self.hold_pixel - self.lane_pixel) & 0xFFFFFFFF)
        self._phases_of: tuple[int, int] | None = None
        self._kept_phases = np.empty(0, np.uint16)
        self._stack = {state: pixel(self._colour(state)) for state in State}

    def fill_lanes(self, rows: Pixels, dominant: Codes, worst: Codes, held: Codes, first_column: int) -> None:
        """Paints lanes into `rows` (lanes, row height, columns) from codes and hold marks (lanes, columns).

        `first_column` anchors the patterns to time, so that they move along when the view pans.
        """
        index = dominant + self._phases(dominant.shape[1], first_column)
        places = index.astype(np.intp)  # once: `take` would do it for each band
        flags = int(np.bitwise_or.reduce(dominant, axis=None)) if dominant.size else 0
        hold_top, hold_bottom = self._px(self.shape.hold_top), self._px(self.shape.hold_bottom)
        rows[:, : self._px(self.shape.bar_top)] = self.lane_pixel
        rows[:, self._px(self.shape.bar_bottom) : hold_top] = self.lane_pixel
        rows[:, hold_top:hold_bottom] = self._hold_line(held)[:, None, :]
        rows[:, hold_bottom:] = self.lane_pixel
        worst_places = _cap_places(index, dominant, worst)
        for first, last in self._caps:
            rows[:, first:last] = self._cap_table.take(worst_places, mode="clip")[:, None, :]
        for band in self._sampled_bands if flags & SAMPLED else self._bands:
            line = band.table.take(places, mode="clip")
            for lines in band.lines:
                rows[:, lines] = line[:, None, :]
        hatched = dominant & np.uint8(STATE_MASK) == State.UNKNOWN
        if flags & DEADLOCKED:
            hatched |= dominant & np.uint8(DEADLOCKED) != 0
        if hatched.any():
            self._hatch_lanes(rows, dominant, hatched, first_column)

    def fill_summary(self, row: Pixels, dominant: Codes) -> None:
        """Paints many lanes into one row (row height, columns): how many are in which state, the worst on top."""
        row[:] = self.group_pixel
        bars = row[self._px(self.shape.bar_top) : self._px(self.shape.hold_bottom)]
        self.fill_strip(bars, state_counts(dominant))

    def fill_strip(self, bars: Pixels, counts: Counts) -> None:
        """Stacks how many lanes are in which state (states, columns) over the height of `bars` (height, columns)."""
        bars[:] = self.lane_pixel
        height = bars.shape[0]
        alive = np.maximum(counts.sum(axis=0) - counts[State.ENDED], 1)
        lines = np.arange(height, dtype=np.float32)[:, None] + 0.5
        reached = np.zeros(bars.shape[1], dtype=np.float32)
        for state in sorted((state for state in State if state is not State.ENDED), reverse=True):
            if not counts[state].any():
                continue
            until = reached + counts[state] * (height / alive)
            np.copyto(bars, np.uint32(self._stack[state]), where=(lines >= reached) & (lines < until))
            reached = until.astype(np.float32)

    def _px(self, logical: float) -> int:
        return round(logical * self.ratio)

    def _lines_of(self, band: str) -> list[tuple[int, int]]:
        """The lines of a band, from … to (exclusive)."""
        parts = [(self._px(top), self._px(bottom)) for top, bottom, name in self.shape.bands if name == band]
        return [(top, bottom) for top, bottom in parts if top < bottom]

    def _phases(self, columns: int, first_column: int) -> Places:
        """Where the tables of each column's stripe phase begin; those asked for last are kept."""
        if self._phases_of != (columns, first_column):
            self._phases_of = (columns, first_column)
            phases = (np.arange(columns) + first_column) // self._px(2) % _PHASES
            self._kept_phases = (phases * 256).astype(np.uint16)
        return self._kept_phases

    def _hold_line(self, held: Codes) -> Pixels:
        """The line that marks holds, from marks (lanes, columns) of 0 or 1: computing is cheaper than a table."""
        line = held.astype(np.uint32)
        line *= self._hold_above_lane  # wraps around where that is negative
        line += np.uint32(self.lane_pixel)
        return line

    def _hatch_lanes(self, rows: Pixels, dominant: Codes, hatched: NDArray[np.bool_], first_column: int) -> None:
        lanes = np.flatnonzero(hatched.view(np.uint8).max(axis=1))
        few = len(lanes) < len(rows)
        where, codes = (hatched[lanes], dominant[lanes]) if few else (hatched, dominant)
        plain, striped = (table.take(codes) for table in self._hatch)
        columns = np.arange(dominant.shape[1]) + first_column
        period = self._px(PATTERN_PX)
        top, bottom = self._px(self.shape.bar_top), self._px(self.shape.bar_bottom)
        for phase in range(min(period, bottom - top)):
            hatch = np.where((columns + top + phase) % period < period // 2, striped, plain)
            for line in range(top + phase, bottom, period):
                bars = rows[lanes, line] if few else rows[:, line]
                np.copyto(bars, hatch, where=where)
                if few:
                    rows[lanes, line] = bars

    def _colour(self, state: State) -> str:
        colour = self._theme.states[state]
        return colour if not self._shown or state in self._shown else mix(colour, self._lane, 0.82)

    def _worst_table(self) -> Pixels:
        colours = np.array([pixel(self._colour(state)) for state in State], np.uint32)
        return np.where(_ARE_DEADLOCKED, np.uint32(pixel(self._theme.deadlock)), colours[_STATES])

    def _hatch_table(self, stripe: bool) -> Pixels:
        deadlock = mix(self._theme.deadlock, "#000000", 0.45) if stripe else self._theme.deadlock
        unknown = mix(self._colour(State.UNKNOWN), self._lane, 0.45 if stripe else 0.85)
        return np.where(_ARE_DEADLOCKED, np.uint32(pixel(deadlock)), np.uint32(pixel(unknown)))


def _cap_places(index: Places, dominant: Codes, worst: Codes) -> Places:
    """Where the upper edge's colour is in its table: as in the outermost band, but where several are in one column."""
    places = worst + _CAPS
    places -= index  # may wrap around; choosing by a mask would take four times as long
    places *= dominant >> _MERGED_BIT
    places += index
    return places


@lru_cache(maxsize=32)
def _tables(colours: tuple[str, ...], lane: str) -> tuple[tuple[Pixels, ...], tuple[Pixels, ...]]:
    """Of each band: a colour per stripe phase and code, and the same with what is sampled darker."""
    plain, darker = zip(*(_table(colours, lane, depth) for depth in range(4)), strict=True)
    return plain, darker


def _table(colours: tuple[str, ...], lane: str, depth: int) -> tuple[Pixels, Pixels]:
    """The same of one band."""
    plain = np.empty((_PHASES, len(State)), np.uint32)
    darker = np.empty_like(plain)
    for state in State:
        for phase in range(_PHASES):
            colour = _band_colour(colours[state], lane, state, depth, phase)
            plain[phase, state] = pixel(colour)
            darker[phase, state] = pixel(mix(colour, lane, 0.16) if colour != lane else colour)
    plain, darker = plain[:, _STATES], darker[:, _STATES]
    return plain.ravel(), np.where(_ARE_SAMPLED, darker, plain).ravel()


def _band_colour(colour: str, lane: str, state: State, depth: int, phase: int) -> str:
    if state is State.ENDED:
        return lane
    if depth >= _REACH.get(state, _EDGE):
        return colour
    if state in _TINTED:
        return mix(colour, lane, 0.66)
    stripes = _STRIPES_PX.get(state)
    if stripes and phase * 2 % (stripes * 2) < stripes:
        return mix(colour, lane, 0.35)
    return lane
