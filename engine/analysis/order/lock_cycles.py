"""Cycles in the order in which lanes take locks: iGoodlock (Joshi, Park, Sen, Naik: "A Randomized Dynamic Program
Analysis Technique for Detecting Real Deadlocks", PLDI 2009), after Goodlock (Havelund, "Using Runtime Analysis to Guide
Model Checking of Java Programs", SPIN 2000) and its gate locks (Bensalem and Havelund 2005).

A dependency is a lane that takes a lock while it holds others. A cycle is a chain of dependencies in which each takes
what the next one holds and the last one what the first one holds, such that
- none of them have a lane in common (one thread alone can't be in two places), but for jobs that another run may give
  to different workers,
- no lock is held in two of them (a gate lock lets one in at a time), and none is taken twice,
- every one of them would wait for ever (a try or a timeout waits for nobody),
- no two of them are ordered by starts, joins, barriers and signals (see `start_order`).
Short cycles are looked for first, everywhere. Longer ones are looked for lock by lock, each of which is taken out of
the graph with all its cycles afterwards (as Johnson: "Finding All the Elementary Circuits of a Directed Graph", 1975).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.analysis.order.reach import Moment
from engine.analysis.order.start_order import StartOrder
from engine.model import wait_for
from engine.model.nestings import Nesting

SHORT = 3
MOST_WORK = 600_000  # pairs of dependencies compared
PIECE = 500  # dependencies, or pairs of them, looked at between two pauses: a few milliseconds of work at most
MOST_LANES = 8  # that do the very same at the same time
MOST_NEAR = 20  # that take what a dependency holds before it, and after it
MOST_ALIKE = 100  # dependencies that are the very same but for their lanes and times

Cycle = tuple[Nesting, ...]


class _Chain(NamedTuple):
    """Dependencies, each of which takes what the next one holds; and what all of them have to do with."""

    links: Cycle
    seats: frozenset[int]  # see StartOrder
    taken: frozenset[int]
    held: frozenset[int]


class LockCycles:
    """Iterate for the cycles, short ones first. `cut_short` afterwards: there was more than could be looked at."""

    def __init__(self, nestings: Sequence[Nesting], order: StartOrder) -> None:
        self._order = order
        self._nestings = nestings
        self._work = 0
        self.cut_short = False
        self._links: list[Nesting] = []
        self._takers: dict[int, list[Nesting]] = defaultdict(list)
        self._holders: dict[int, list[Nesting]] = defaultdict(list)
        self._seats: dict[Moment, int] = {}
        self._looked = 0  # at links, so far
        self._pause = PIECE  # when so many have been looked at

    def __iter__(self) -> Iterator[Cycle]:
        return (cycle for cycle in self.search() if cycle is not None)

    def search(self) -> Iterator[Cycle | None]:
        """The same in pieces: None after each piece of the work that has found nothing."""
        waiting = [nesting for nesting in self._nestings if nesting.waits]
        yield None
        core = yield from without_ends(waiting)
        if core:
            yield from self._order.prepare()
        self._links = yield from self._of_different_lanes((yield from _in_cycles(core, ())))
        for link in self._links:
            self._takers[link.primitive].append(link)
            for held in link.held:
                self._holders[held.primitive].append(link)
        for first in sorted({link.primitive for link in self._links}):
            yield from self._through(first, 0, SHORT)
        links, gone = self._links, set[int]()
        while links:
            first = min(link.primitive for link in links)
            yield from self._through(first, SHORT, len(self._links))
            gone.add(first)
            self._work += len(links)
            if self.cut_short or self._work > MOST_WORK:
                self.cut_short = bool(links)
                return
            yield None
            links = yield from _in_cycles([link for link in links if link.primitive != first], gone)

    def _through(self, first: int, more_than: int, at_most: int) -> Iterator[Cycle | None]:
        """The cycles of so many links whose lowest lock is `first`: each is found here and nowhere else."""
        chains = [self._chain(link) for link in self._takers[first]]
        self._looked += len(chains)
        if self._looked >= self._pause:
            self._pause = self._looked + PIECE
            yield None
        length = 1
        while chains and length < at_most:
            longer: list[_Chain] = []
            length += 1
            for chain in chains:
                for link in self._holders[chain.links[-1].primitive]:
                    if self._work > MOST_WORK:
                        self.cut_short = True
                        return
                    self._looked += 1
                    if self._looked >= self._pause:
                        self._pause = self._looked + PIECE
                        yield None
                    if link.primitive < first or not self._fits(chain, link):
                        continue
                    if any(held.primitive == link.primitive for held in chain.links[0].held):
                        if length > more_than:
                            yield (*chain.links, link)
                    else:
                        longer.append(self._chain(link, chain))
            chains = longer

    def _fits(self, chain: _Chain, link: Nesting) -> bool:
        self._work += 1
        if self._seat(link) in chain.seats or link.primitive in chain.taken:
            return False
        if any(held.primitive in chain.held for held in link.held):
            return False
        self._work += len(chain.links)
        return not any(self._ordered(other, link) for other in chain.links)

    def _adds(self, link: Nesting, others: Sequence[Nesting], takers: Mapping[int, list[Nesting]]) -> bool:
        """Whether none of the others may come at the same time as all that this link may, of what is near in time."""
        met: list[Nesting] = []
        for held in link.held:
            near = takers.get(held.primitive, [])
            middle = bisect_left(near, link.time_ns, key=lambda each: each.time_ns)
            some = near[max(middle - MOST_NEAR, 0) : middle + MOST_NEAR]
            met += [partner for partner in some if self._meet(partner, link)]
        return not any(all(self._meet(partner, other) for partner in met) for other in others)

    def _meet(self, one: Nesting, other: Nesting) -> bool:
        return self._seat(one) != self._seat(other) and not self._ordered(one, other)

    def _seat(self, link: Nesting) -> int:
        moment = link.lane, link.time_ns
        if moment not in self._seats:
            self._seats[moment] = self._order.seat(moment)
        return self._seats[moment]

    def _chain(self, link: Nesting, before: _Chain | None = None) -> _Chain:
        held = frozenset(held.primitive for held in link.held)
        seat = self._seat(link)
        if before is None:
            return _Chain((link,), frozenset((seat,)), frozenset((link.primitive,)), held)
        return _Chain((*before.links, link), before.seats | {seat}, before.taken | {link.primitive}, before.held | held)

    def _ordered(self, one: Nesting, other: Nesting) -> bool:
        return self._order.ordered((one.lane, one.time_ns), (other.lane, other.time_ns))

    def _of_different_lanes(self, nestings: Sequence[Nesting]) -> Generator[None, None, list[Nesting]]:
        """Without the many that do the very same and meet nothing that others of them do not meet as well."""
        kept: list[Nesting] = []
        takers: dict[int, list[Nesting]] = defaultdict(list)  # by time
        for link in sorted(nestings, key=lambda each: each.time_ns):
            takers[link.primitive].append(link)
        yield
        alike: dict[tuple[object, ...], list[Nesting]] = defaultdict(list)
        for number, link in enumerate(nestings):
            if number % PIECE == 0:
                yield
            others = alike[link.primitive, link.stack, link.held]
            last = others[-MOST_LANES:]
            if all(self._seat(link) != self._seat(other) for other in last):
                if len(last) == MOST_LANES:
                    yield
                    if not self._adds(link, last, takers):
                        continue
                if len(others) >= MOST_ALIKE:
                    self.cut_short = True
                    continue
            others.append(link)
            kept.append(link)
        return kept


def without_ends(nestings: Sequence[Nesting]) -> Generator[None, None, list[Nesting]]:
    """Without those of locks that nobody takes inside others, or holds while taking others, and so on: what is left
    holds all cycles, and is nothing in a program that keeps one order.
    """
    inside: dict[int, set[int]] = defaultdict(set)  # by lock: those taken while it was held
    around: dict[int, set[int]] = defaultdict(set)
    for number, nesting in enumerate(nestings):
        for held in nesting.held:
            inside[held.primitive].add(nesting.primitive)
            around[nesting.primitive].add(held.primitive)
        if number % PIECE == 0:
            yield
    ends = [lock for lock in {*inside, *around} if not (inside[lock] and around[lock])]
    removed = 0
    while ends:
        lock = ends.pop()
        for near, far in ((inside, around), (around, inside)):
            for other in near.pop(lock, ()):
                far[other].discard(lock)
                if not far[other] and near[other]:  # an end now; where both are empty it has been one already
                    ends.append(other)
        removed += 1
        if removed % PIECE == 0:
            yield
    core: list[Nesting] = []
    for number, nesting in enumerate(nestings if inside else ()):
        if any(nesting.primitive in inside.get(each.primitive, ()) for each in nesting.held):
            core.append(nesting)
        if number % PIECE == 0:
            yield
    return core


def _in_cycles(nestings: Sequence[Nesting], gone: Collection[int]) -> Generator[None, None, list[Nesting]]:
    """Those that are part of some cycle in the graph of all, without the locks that are `gone`."""
    after: dict[int, set[int]] = defaultdict(set)
    for number, nesting in enumerate(nestings):
        after[nesting.primitive]
        for held in nesting.held:
            if held.primitive not in gone:
                after[held.primitive].add(nesting.primitive)
        if number % PIECE == 0:
            yield
    graph = {
        (0, lock): wait_for.Wait((0, lock), lock, frozenset((0, taken) for taken in inner))
        for lock, inner in after.items()
    }
    yield
    components = wait_for.find_knots(frozenset(graph), graph)
    of = {lock: number for number, component in enumerate(components) for _, lock in component}
    found: list[Nesting] = []
    for number, nesting in enumerate(nestings):
        if number % PIECE == 0:
            yield
        own = of.get(nesting.primitive, -1)
        if own >= 0 and any(of.get(held.primitive) == own for held in nesting.held):
            found.append(nesting)
    return found
