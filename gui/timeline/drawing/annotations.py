"""What is said of hovered and selected things: arrows of hand-offs, the note of a span. Looked up in small pieces."""

import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np

from engine.model import hand_offs
from engine.model.entities import HandOff, Slice
from engine.model.format import percent
from engine.model.model import Model
from engine.recording.schema import State
from gui.theme import STATE_NAMES
from gui.timeline.layout.rows import Rows

BUDGET_S = 0.001  # of one paint
MOST_ARROWS = 64
MOST_LOOKED_AT = 2_000  # releases and signals of the selected slice
ANEW_S = 0.25  # what may still change is looked up this often
NOTED_STATES = 3  # of a span, the most frequent ones


class Arrows:
    """The hand-offs into and out of a slice: those that are known by now. One for each slice that is shown."""

    def __init__(self, model: Model, chosen: Slice, *, both_ways: bool, now: float) -> None:
        self.key = (model, chosen, both_ways)
        self.begun = now
        ends = chosen.end_ns + hand_offs.LATE_NS
        self.settled = model.finished or (not chosen.open and ends < model.end_ns)
        into = hand_offs.into(model, chosen)
        self.found = [into] if into is not None else []
        out = hand_offs.each_out_of(model, chosen.lane, chosen.start_ns, chosen.end_ns) if both_ways else iter(())
        self._more: Iterator[HandOff | None] | None = islice(out, MOST_LOOKED_AT)

    @property
    def complete(self) -> bool:
        return self._more is None

    def advance(self) -> None:
        """Looks at one more release or signal."""
        assert self._more is not None
        item = next(self._more, self)
        if isinstance(item, HandOff):
            self.found.append(item)
        if item is self or len(self.found) >= MOST_ARROWS:
            self._more = None


class Annotations:
    """Remembers what was looked up for as long as it holds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._arrows: dict[bool, Arrows] = {}  # of the selected slice, of the hovered one
        self._late = False  # some should have been looked up the last time
        self._note: tuple[object, str] = (None, "")

    @property
    def complete(self) -> bool:
        """Whether all arrows are known; else another paint should come."""
        return not self._late and all(arrows.complete for arrows in self._arrows.values())

    def arrows(self, model: Model, hovered: Slice | None, chosen: Slice | None, *, rest: bool = False) -> list[HandOff]:
        """What woke the hovered slice; what woke the selected one, and whom it woke. `rest`: as far as known."""
        deadline = self._clock() + BUDGET_S
        self._late = False
        found: dict[HandOff, None] = {}
        for both_ways, item in ((True, chosen), (False, hovered if hovered != chosen else None)):
            if item is None:
                self._arrows.pop(both_ways, None)
                continue
            known = self._arrows.get(both_ways)
            if rest and (known is None or known.key != (model, item, both_ways)):
                self._late = True
                continue
            arrows = known if rest and known is not None else self._arrows_of(model, item, both_ways)
            while not (rest or arrows.complete):
                arrows.advance()
                if self._clock() >= deadline:
                    break
            found.update(dict.fromkeys(arrows.found))
        return list(found)

    def _arrows_of(self, model: Model, item: Slice, both_ways: bool) -> Arrows:
        now, known = self._clock(), self._arrows.get(both_ways)
        outdated = known is None or known.key != (model, item, both_ways)
        if known is None or outdated or (not known.settled and known.complete and now - known.begun >= ANEW_S):
            known = self._arrows[both_ways] = Arrows(model, item, both_ways=both_ways, now=now)
        return known

    def span_note(self, model: Model, rows: Rows, span: tuple[float, float]) -> str:
        """The most frequent states of a span over the lanes in these rows: `running 61 %, lock wait 20 %`."""
        key = (model, model.version, rows, span)
        if key != self._note[0]:
            self._note = (key, _span_note(model, rows.lanes(), span))
        return self._note[1]


def _span_note(model: Model, lanes: list[int], span: tuple[float, float]) -> str:
    if not lanes:
        return ""
    totals = model.states.totals(np.array(lanes, dtype=np.int64), int(span[0]), int(span[1])).sum(axis=0)
    totals[State.ENDED] = 0
    whole = int(totals.sum())
    order = np.argsort(totals)[::-1][:NOTED_STATES]
    return ",  ".join(f"{STATE_NAMES[State(s)]} {percent(totals[s] / whole)}" for s in order if totals[s] and whole)
