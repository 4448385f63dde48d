"""What is plotted: each series turns a model and a grid of time columns into curves. Plain functions of the model."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from engine.model.format import size
from engine.model.model import Model
from engine.recording.schema import State
from gui.theme import Theme

MOST_QUEUES = 4
MOST_PROCESSES = 16  # whose GILs are added up
MOST_CORES = 16  # that are added up
Values = NDArray[np.float64]


class Grid(NamedTuple):
    """Columns of equal width in time."""

    start_ns: float
    ns_per_column: float
    columns: int

    @property
    def end_ns(self) -> float:
        return self.start_ns + self.columns * self.ns_per_column

    def ends(self) -> Values:
        """The time at which each column ends."""
        return np.asarray(self.start_ns + np.arange(1, self.columns + 1) * self.ns_per_column, dtype=np.float64)


@dataclass(frozen=True)
class Curve:
    """One line: a value per column, NaN where there is none. `ink` names a state, or a surface colour of the theme."""

    name: str
    values: Values
    ink: State | str

    def colour(self, theme: Theme) -> QColor:
        if isinstance(self.ink, State):
            return theme.state_color(self.ink)
        return QColor(theme.hold) if self.ink == "hold" else theme.color(self.ink)


class Line(NamedTuple):
    """One curve: the height of each column, 0 at the bottom of the chart to 1 at its top, NaN where there is none."""

    heights: Values
    colour: QColor


@dataclass(frozen=True)
class Series:
    """One plot. `curves` gives its curves; None between two pieces of the work, where that takes long."""

    title: str
    tip: str
    curves: Callable[[Model, Grid], Iterable[Curve | None]]
    text: Callable[[float], str]


def newest(values: Values) -> float:
    """The last value that there is; NaN for none."""
    known = np.flatnonzero(~np.isnan(values))
    return float(values[known[-1]]) if len(known) else float("nan")


def nice_top(curves: list[Curve]) -> float:
    """The top of the scale: the next of 1, 2, 5 × 10^k above all values; 1 at least."""
    highest = max(
        (float(np.nanmax(c.values)) for c in curves if len(c.values) and not np.isnan(c.values).all()), default=0
    )
    if highest <= 1:
        return 1.0
    power = 10.0 ** np.floor(np.log10(highest))
    return float(next(power * step for step in (1, 1.5, 2, 3, 5, 7.5, 10) if power * step >= highest * (1 - 1e-9)))


def _known(model: Model, grid: Grid, values: Values) -> Values:
    """NaN before the recording and in columns that are not recorded, or not read, completely yet."""
    ends = grid.ends()
    outside = (ends <= model.start_ns) | (ends > model.known_ns)
    return np.where(outside, np.nan, values)


def _active(model: Model, grid: Grid, *states: State) -> Values:
    active = model.states.active(grid.start_ns, grid.ns_per_column, grid.columns, states)
    return _known(model, grid, np.asarray(active, dtype=np.float64))


def running_lanes(model: Model, grid: Grid) -> list[Curve]:
    return [Curve("", _active(model, grid, State.RUNNING), State.RUNNING)]


def lock_waiters(model: Model, grid: Grid) -> list[Curve]:
    return [Curve("", _active(model, grid, State.LOCK_WAIT), State.LOCK_WAIT)]


def queue_depths(model: Model, grid: Grid) -> Iterator[Curve | None]:
    """The depth of the first few queues of the program's own."""
    inks: tuple[State | str, ...] = (State.IO, "hold", State.WAIT, State.CORE_WAIT)
    known = (model.primitives.get(number) for number in model.depths.queues())
    own = (primitive for primitive in known if primitive is not None and not primitive.internal)
    for primitive, ink in zip(own, inks[:MOST_QUEUES], strict=False):
        depths = np.full(grid.columns, np.nan)
        for known_by_now in model.depths.more_and_more(primitive.id, *grid):
            depths = known_by_now
            yield None
        yield Curve(primitive.name or primitive.short, _known(model, grid, depths), ink)


def gil_load(model: Model, grid: Grid) -> list[Curve]:
    """Lanes that wait for a GIL, and how many GILs are taken."""
    waiting = Curve("waiting", _active(model, grid, State.GIL_WAIT), State.GIL_WAIT)
    if not len(model.gils):
        return [waiting]
    taken = np.zeros(grid.columns)
    for process in model.processes[:MOST_PROCESSES]:
        for gil in model.gils.of_process(process.id):
            taken += model.gils.columns(gil.id, *grid)[1]
    return [waiting, Curve("taken", _known(model, grid, taken), "hold")]


def cpu_share(model: Model, grid: Grid) -> list[Curve]:
    """Cores in use by the program's processes together, and by everything on the machine."""
    program = _one(_known(model, grid, model.resources.cpu_share(*grid)), "accent")
    cores = model.cores.cores()
    if not program or not cores or len(cores) > MOST_CORES:
        return program
    shares = np.array([model.cores.share(core, *grid) for core in cores])
    machine = np.where(np.isnan(shares).all(axis=0), np.nan, np.nansum(shares, axis=0))
    return [Curve("program", program[0].values, "accent"), Curve("machine", _known(model, grid, machine), "text_dim")]


def memory(model: Model, grid: Grid) -> list[Curve]:
    """Memory of all processes together."""
    return _one(_known(model, grid, model.resources.memory(*grid)), "good")


def _one(values: Values, ink: str) -> list[Curve]:
    return [] if np.isnan(values).all() else [Curve("", values, ink)]


def _lanes_text(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 or value == int(value) else f"{value:.1f}"


SERIES = (
    Series("Running lanes", "Lanes that are running, on average per pixel", running_lanes, _lanes_text),
    Series("Lock waiters", "Lanes that wait for a lock, on average per pixel", lock_waiters, _lanes_text),
    Series("GIL", "Lanes that wait for a GIL, and GILs that are taken, sampled", gil_load, _lanes_text),
    Series("Queue depth", "Items in each queue", queue_depths, lambda value: f"{value:.0f}"),
    Series(
        "CPU",
        "Cores that the program's processes use, and the whole machine, sampled",
        cpu_share,
        lambda value: f"{value:.2f} cores",
    ),
    Series("Memory", "Memory of the program's processes, sampled", memory, size),
)
