"""The lock-order graph: which locks were taken while which others were held, by whom, and what its circles mean.

Circles that may deadlock come from `lock_cycles`; every other order that lies on a circle is told with the shortest one
through it and the reason why that is none (`exclusions`). Orders in which threads have got stuck for good come from the
deadlocks that were found, for a lock that is never got is never told as taken.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from engine.analysis.order.exclusions import Judged, Reason, explain, judge
from engine.analysis.order.lock_cycles import PIECE, LockCycles, without_ends
from engine.analysis.order.nested_locks import is_signal, nestings_of_locks, origins
from engine.analysis.order.start_order import StartOrder
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.nestings import Held, Nesting

MOST_CYCLES = 2000  # possible deadlocks that are marked
MOST_EXCLUDED = 200  # circles that are judged
Pair = tuple[int, int]  # a lock held, and the lock taken meanwhile


class Status(IntEnum):
    """What an order is part of; the later, the worse."""

    ORDERLY = 0  # no circle
    EXCLUDED = 1  # circles that can't become a deadlock
    POSSIBLE = 2  # a circle that can
    HAPPENED = 3  # a deadlock


@dataclass
class Order:
    """`taken` was taken while `held` was held, in these ways (the first of each kind, by time)."""

    held: int
    taken: int
    ways: list[Nesting] = field(default_factory=list)
    status: Status = Status.ORDERLY
    why: str = ""  # it can't become a deadlock

    @property
    def lanes(self) -> list[int]:
        """Who took them so."""
        return sorted({way.lane for way in self.ways})

    def held_stack(self, way: Nesting) -> int:
        """Where the lock held was taken: the number of a stack or site."""
        return next((held.stack for held in way.held if held.primitive == self.held), 0)


class Circle(NamedTuple):
    """Locks, each of which was taken while the one before it was held, and the last one while the first one was."""

    locks: tuple[int, ...]
    status: Status
    why: str  # it can't become a deadlock; nothing when it can

    @property
    def pairs(self) -> list[Pair]:
        """Its orders."""
        return list(zip(self.locks, self.locks[1:] + self.locks[:1], strict=True))


class LockGraph:
    """The graph of a model as it is now. Call `advance` until it returns False; then ask."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.orders: dict[Pair, Order] = {}
        self.circles: list[Circle] = []  # the worst first
        self.unjudged = 0  # at most so many orders lie on circles that were too many to look at
        self.complete = False
        self._steps = self._work()

    def advance(self) -> bool:
        """A piece of the work, of a few ms. False when all is done."""
        if not self.complete:
            self.complete = next(self._steps, False) is False
        return not self.complete

    def finish(self) -> "LockGraph":
        """All of it at once."""
        while self.advance():
            pass
        return self

    def _work(self) -> Iterator[None]:
        nestings = yield from nestings_of_locks(self.model, signals=True)
        yield from self._gather(nestings)
        self._add_deadlocks()
        locks = yield from nestings_of_locks(self.model)
        order = StartOrder(self.model)
        yield from self._mark_possible(locks, order)
        core = yield from without_ends(nestings)
        if core:
            yield from order.prepare()
        yield from self._judge_rest(core, order)
        self.circles.sort(key=lambda circle: (-circle.status, len(circle.locks), circle.locks))

    def _gather(self, nestings: Iterable[Nesting]) -> Iterator[None]:
        for number, nesting in enumerate(nestings):
            if number % PIECE == 0:
                yield
            for held in nesting.held:
                self._order(held.primitive, nesting.primitive).ways.append(nesting)

    def _order(self, held: int, taken: int) -> Order:
        return self.orders.setdefault((held, taken), Order(held, taken))

    def _add_deadlocks(self) -> None:
        for finding in list(self.model.findings.values()):
            edges = finding.get("edges") or ()
            if finding["kind"] != "deadlock" or not all(self._is_lock(edge["primitive"]) for edge in edges):
                continue
            kept = {edge["holder"]: edge for edge in edges}
            happened: dict[int, int] = {}
            for edge in edges:
                own = kept.get(edge["waiter"])
                if own is None or own["primitive"] == edge["primitive"]:
                    continue
                order = self._order(own["primitive"], edge["primitive"])
                held = (Held(own["primitive"], own.get("hold_site") or 0),)
                time_ns = finding.get("start_ns") or self.model.start_ns
                stack = edge.get("wait_site") or 0
                order.ways.insert(0, Nesting(edge["waiter"], time_ns, edge["primitive"], stack, True, held))
                order.status = Status.HAPPENED
                happened[own["primitive"]] = edge["primitive"]
            if len(happened) > 1:
                self.circles.append(Circle(_walk(happened), Status.HAPPENED, ""))

    def _is_lock(self, number: int) -> bool:
        primitive = self.model.primitives.get(number)
        return primitive is not None and primitive.kind in MUTEXES

    def _mark_possible(self, locks: list[Nesting], order: StartOrder) -> Iterator[None]:
        known: set[tuple[int, ...]] = {canonical(circle.locks) for circle in self.circles}
        found = 0
        for cycle in LockCycles(locks, order).search():
            if cycle is None:
                yield
                continue
            found += 1
            if found > MOST_CYCLES:
                return
            circle = canonical(tuple(link.primitive for link in cycle))
            if circle not in known:
                known.add(circle)
                self._add(Circle(circle, Status.POSSIBLE, ""))

    def _add(self, circle: Circle) -> None:
        self.circles.append(circle)
        for pair in circle.pairs:
            order = self.orders[pair]
            if circle.status > order.status:
                order.status, order.why = circle.status, circle.why

    def _judge_rest(self, core: list[Nesting], order: StartOrder) -> Iterator[None]:
        inside: dict[int, set[int]] = defaultdict(set)
        for nesting in core:
            for outer in nesting.held:
                inside[outer.primitive].add(nesting.primitive)
        yield
        pairs = sorted((one, other) for one, others in inside.items() for other in others)
        judged = 0
        for number, (held, taken) in enumerate(pairs):
            if self.orders[held, taken].status is not Status.ORDERLY:
                continue
            if judged == MOST_EXCLUDED:
                self.unjudged = len(pairs) - number
                return
            yield
            path = _shortest(inside, taken, held)
            if path is not None:
                judged += 1
                self._judge(canonical(path), order)

    def _judge(self, locks: tuple[int, ...], order: StartOrder) -> None:
        circle = Circle(locks, Status.EXCLUDED, "")
        signals = {lock for lock in locks if is_signal(self.model, lock)}
        found: Judged = judge([self.orders[pair].ways for pair in circle.pairs], order, signals)
        if found.reason is Reason.NONE:  # one of those that were too many
            self._add(circle._replace(status=Status.POSSIBLE))
        else:
            self._add(circle._replace(why=explain(self.model, found, order, signals)))


def excluded(model: Model) -> list[str]:
    """A sentence for each circle of lock orders that can't become a deadlock, and why; the same is said once."""
    graph = LockGraph(model).finish()
    return list(dict.fromkeys(circle.why for circle in graph.circles if circle.status is Status.EXCLUDED))


def canonical(locks: tuple[int, ...]) -> tuple[int, ...]:
    """The same circle from its lowest lock on."""
    first = locks.index(min(locks))
    return locks[first:] + locks[:first]


def folded(graph: LockGraph) -> dict[Pair, Order]:
    """The orders by the lines that created the locks, which go by the first lock of each line.

    Orders of lines that form a circle although those of locks form none are excluded: never the same locks met.
    """
    first = origins(graph.model)
    found: dict[Pair, Order] = {}
    for (held, taken), order in graph.orders.items():
        pair = first[held], first[taken]
        line = found.setdefault(pair, Order(*pair))
        line.ways += [_of_lines(way, first) for way in order.ways]
        if order.status > line.status:
            line.status, line.why = order.status, order.why
    inside: dict[int, set[int]] = defaultdict(set)
    for held, taken in found:
        inside[held].add(taken)
    for (held, taken), line in found.items():
        if line.status is Status.ORDERLY and held != taken and _shortest(inside, taken, held) is not None:
            line.status = Status.EXCLUDED
            line.why = "these lines take locks in opposite orders, but never the same ones"
    return found


def _of_lines(way: Nesting, first: Mapping[int, int]) -> Nesting:
    held = tuple(Held(first[each.primitive], each.stack) for each in way.held)
    return way._replace(primitive=first[way.primitive], held=held)


def _shortest(inside: Mapping[int, set[int]], start: int, end: int) -> tuple[int, ...] | None:
    """The locks of a shortest way from `start` to `end`, both of them included."""
    came: dict[int, int] = {start: start}
    work = deque([start])
    while work:
        lock = work.popleft()
        if lock == end:
            path = [end]
            while path[-1] != start:
                path.append(came[path[-1]])
            return tuple(reversed(path))
        for after in sorted(inside.get(lock, ())):
            if after not in came:
                came[after] = lock
                work.append(after)
    return None


def _walk(after: Mapping[int, int]) -> tuple[int, ...]:
    """The locks of a circle in its order."""
    locks = [min(after)]
    while (following := after.get(locks[-1])) is not None and following not in locks:
        locks.append(following)
    return tuple(locks)
