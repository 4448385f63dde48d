"""What the waits on screen are for. Looking a slice up costs more than drawing it, so what was found is kept."""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from engine.model.model import Model

KEPT = 20_000  # slices


class Wanted(NamedTuple):
    """A wide wait on screen: its lane and a time within it."""

    lane: int
    time_ns: float


class _Known:
    """Waits of one lane in time order."""

    __slots__ = ("ends", "primitives", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.primitives: list[int] = []

    def find(self, time_ns: float) -> int | None:
        place = bisect_right(self.starts, time_ns) - 1
        return self.primitives[place] if place >= 0 and time_ns < self.ends[place] else None

    def add(self, start: int, end: int, primitive: int) -> None:
        place = bisect_right(self.starts, start)
        if place and self.starts[place - 1] == start:
            self.ends[place - 1] = end
            self.primitives[place - 1] = primitive
        else:
            self.starts.insert(place, start)
            self.ends.insert(place, end)
            self.primitives.insert(place, primitive)


class WaitNames:
    """Primitives of waits, by lane and time. An open wait is looked up again whenever it has grown."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._known: dict[int, _Known] = {}
        self._count = 0

    def find(self, model: Model, wanted: list[Wanted]) -> list[int]:
        """The id of the primitive that each wait is for, 0 for none."""
        if model is not self._model or self._count > KEPT:
            self._model, self._known, self._count = model, {}, 0
        known = self._known
        found = [known[lane].find(moment) if lane in known else None for lane, moment in wanted]
        missing = [each for each, primitive in zip(wanted, found, strict=True) if primitive is None]
        if not missing:
            return [primitive or 0 for primitive in found]
        self._look_up(model, missing)
        return [
            known[lane].find(moment) or 0 if primitive is None and lane in known else primitive or 0
            for (lane, moment), primitive in zip(wanted, found, strict=True)
        ]

    def _look_up(self, model: Model, missing: list[Wanted]) -> None:
        lanes, times = (np.array(part).astype(np.int64) for part in zip(*missing, strict=True))
        found = model.states.slices_at(lanes, times)
        columns = (found.lanes, found.starts, found.ends, found.details)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            self._add(model, *row)

    def _add(self, model: Model, lane: int, start: int, end: int, detail: int) -> None:
        primitive, _ = model.detail(detail)
        self._known.setdefault(lane, _Known()).add(start, end, primitive.id if primitive else 0)
        self._count += 1
