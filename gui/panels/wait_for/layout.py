"""Where the nodes of a wait-for graph stand. Who stays keeps its place; a cycle stands in a ring, in its order."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FIRST_SLOTS = 3
Points = NDArray[np.float64]  # (…, 2)
MOST_IN_ROWS = 8  # that wait for two who wait for each other; more stand around them


@dataclass(frozen=True)
class GraphEdge:
    """Lane `waiter` waits for a primitive that lane `holder` holds or owes. Sites number places or stacks, 0: none.

    No holder: it is not known who will end the wait; `in_cycle`: nobody is left who could.
    Not `particular`: others than the holder might have ended the wait.
    """

    waiter: int
    holder: int | None
    primitive: int
    wait_site: int = 0
    hold_site: int = 0
    in_cycle: bool = False
    particular: bool = True


@dataclass(frozen=True)
class GraphData:
    """What is drawn. `hidden`: an edge of each waiting lane that was left out for lack of room."""

    edges: tuple[GraphEdge, ...] = ()
    cycle: tuple[int, ...] = ()  # lanes of the knots, in the order of who waits for whom
    hidden: tuple[GraphEdge, ...] = ()

    @property
    def lanes(self) -> tuple[int, ...]:
        """Cycle first, then the others by number."""
        others = {end for edge in self.edges for end in (edge.waiter, edge.holder) if end is not None}
        return (*self.cycle, *sorted(others - set(self.cycle)))


@dataclass
class RingLayout:
    """Places nodes in a unit square. Invariant: who stays in the ring keeps its place, whoever comes or goes."""

    _slots: list[int | None] = field(default_factory=list)
    _cycle: tuple[int, ...] = ()

    def place(self, data: GraphData) -> dict[int, tuple[float, float]]:
        """Centres of the lanes, each coordinate 0–1."""
        if data.cycle:
            return self._place_cycle(data)
        return self._place_ring(data)

    def copy(self) -> "RingLayout":
        """To try how something would stand."""
        return RingLayout(list(self._slots), self._cycle)

    def forget(self) -> None:
        """Another recording: no node has a place yet."""
        self._slots.clear()

    def _place_cycle(self, data: GraphData) -> dict[int, tuple[float, float]]:
        """The cycle in the middle, whoever waits for it around it, near the lane it waits for."""
        others = [lane for lane in data.lanes if lane not in data.cycle]
        if len(data.cycle) == 2 and len(others) <= MOST_IN_ROWS:
            return _between_rows(data, others)
        inner = 0.24 if others else 0.36
        places = dict(zip(data.cycle, ring(len(data.cycle), inner, _first_angle(len(data.cycle))), strict=True))
        angles = {lane: math.atan2(y - 0.5, x - 0.5) for lane, (x, y) in places.items()}
        target = {edge.waiter: edge.holder for edge in data.edges if edge.holder is not None}
        others.sort(key=lambda lane: (angles.get(target.get(lane, -1), 0.0), lane))
        start = angles.get(target.get(others[0], -1), 0.0) if others else 0.0
        places.update(zip(others, ring(len(others), 0.44, start + 0.5), strict=True))
        return places

    def _place_ring(self, data: GraphData) -> dict[int, tuple[float, float]]:
        """Slots of one ring. Whoever leaves frees a slot; whoever comes takes the one where it crosses fewest edges."""
        lanes, beside = data.lanes, neighbours(data.edges)
        slots = [lane if lane in beside else None for lane in self._slots]
        slots += [None] * (_ring_size(len(lanes)) - len(slots))
        places = [slot_place(slot) for slot in range(len(slots))]
        points = np.array(places)
        at = {lane: slot for slot, lane in enumerate(slots) if lane is not None}
        for lane in (lane for lane in in_reach(data) if lane not in at):
            free = [slot for slot, taken in enumerate(slots) if taken is None]
            ends = [at[other] for other in beside[lane] if other in at]
            chords = [(at[one], at[other]) for one in at for other in beside[one] if one < other and other in at]
            chosen = free[_cheapest(points[free], ends, chords, points)] if ends else free[0]
            slots[chosen], at[lane] = lane, chosen
        self._slots = slots
        return {lane: places[slot] for lane, slot in at.items()}


def neighbours(edges: Sequence[GraphEdge]) -> dict[int, set[int]]:
    """Whom each lane waits for or is waited for by."""
    beside: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        waits = beside[edge.waiter]
        if edge.holder is not None and edge.holder != edge.waiter:
            waits.add(edge.holder)
            beside[edge.holder].add(edge.waiter)
    return beside


def in_reach(data: GraphData) -> list[int]:
    """All lanes, each but the first of its part of the graph after one that it is beside; who owes most comes first."""
    beside, reached = neighbours(data.edges), dict.fromkeys(data.cycle)
    owed = Counter(edge.holder for edge in data.edges)
    waiting = {edge.waiter for edge in data.edges if edge.holder is not None}
    for first in [*data.cycle, *sorted(data.lanes, key=lambda lane: (lane in waiting, -owed[lane], lane))]:
        ahead = [first]
        while ahead:
            lane = ahead.pop(0)
            reached.setdefault(lane)
            ahead += sorted(beside[lane] - set(reached) - set(ahead))
    return list(reached)


def _ring_size(lanes: int) -> int:
    """The number of slots, evenly spaced, that so many lanes need."""
    size = FIRST_SLOTS
    while size < lanes:
        size *= 2
    return size


def _cheapest(free: Points, ends: Sequence[int], chords: Sequence[tuple[int, int]], points: Points) -> int:
    """At which of the free places a node's edges cross the fewest others, and are shortest. They lead to `ends`; all
    places but the free ones are told by their number in `points`, `chords` are the edges that there are.
    """
    to, pairs = np.array(ends, np.intp), np.array(chords, np.intp).reshape(-1, 2)
    one, other = points[pairs[:, 0]], points[pairs[:, 1]]
    here, end = free[:, None, None], points[to][None, :, None]  # (free, ends, chords)
    apart = _left(here, end, one) != _left(here, end, other)
    between = _left(one, other, here) != _left(one, other, end)
    shared = (pairs[None] == to[:, None, None]).any(axis=2)
    crossed = (apart & between & ~shared).sum(axis=(1, 2))
    lengths = np.hypot(*(free[:, None] - points[to][None]).transpose(2, 0, 1)).sum(axis=1)
    return int(np.lexsort((lengths.round(9), crossed))[0])


def _left(start: Points, end: Points, of: Points) -> NDArray[np.bool_]:
    """Whether points lie to the left of the way from start to end."""
    (along, up), (aside, over) = (np.moveaxis(way, -1, 0) for way in (end - start, of - start))
    left: NDArray[np.bool_] = along * over > up * aside
    return left


def _between_rows(data: GraphData, others: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Two that wait for each other side by side, as far apart as without `others`, which stand below and above: above
    whoever waits for nobody who is known, as those edges rise.
    """
    places = dict(zip(data.cycle, ring(2, 0.36, _first_angle(2)), strict=True))
    target = {edge.waiter: edge.holder for edge in data.edges if edge.holder is not None}
    lost = [lane for lane in others if lane not in target]
    order = sorted(set(others) - set(lost), key=lambda lane: (places.get(target[lane], (0.5, 0.5))[0], lane))
    for row, y in ((order[::2], 0.94), (lost + order[1::2], 0.06)):
        places.update({lane: ((number + 1) / (len(row) + 1), y) for number, lane in enumerate(row)})
    return places


def slot_place(slot: int) -> tuple[float, float]:
    """Where a slot is, however many there are: three, then one in the middle between any two, and so on."""
    if slot < FIRST_SLOTS:
        turn = slot / FIRST_SLOTS
    else:
        there = FIRST_SLOTS << (slot // FIRST_SLOTS).bit_length() - 1
        turn = (slot - there + 0.5) / there
    x, _ = ring(1, 0.38, 2 * math.pi * turn - math.pi / 2)[0]
    return x, 0.12 + 0.76 * min(turn, 1 - turn) * 2  # evenly down both sides, since names are wide and not high


def ring(count: int, radius: float, first_angle: float) -> list[tuple[float, float]]:
    """`count` points on a circle around the middle of the unit square."""
    return [
        (0.5 + radius * math.cos(first_angle + turn), 0.5 + radius * math.sin(first_angle + turn))
        for turn in (2 * math.pi * number / max(1, count) for number in range(count))
    ]


def cycle_order(members: Sequence[int], edges: Sequence[GraphEdge]) -> tuple[int, ...]:
    """The members so that, as far as one walk goes, each waits for the next."""
    follows = {edge.waiter: edge.holder for edge in edges if edge.holder in members}
    order: list[int] = []
    left = sorted(members)
    while left:
        lane: int | None = left[0]
        while lane is not None and lane in left:
            order.append(lane)
            left.remove(lane)
            lane = follows.get(lane)
    return tuple(order)


def _first_angle(count: int) -> float:
    """Two stand side by side, more begin at the top."""
    return math.pi if count == 2 else -math.pi / 2
