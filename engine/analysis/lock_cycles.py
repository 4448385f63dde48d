"""Cycles in the order in which lanes take locks: iGoodlock (Joshi, Park, Sen, Naik: "A Randomized Dynamic Program
Analysis Technique for Detecting Real Deadlocks", PLDI 2009), after Goodlock (Havelund, "Using Runtime Analysis to Guide
Model Checking of Java Programs", SPIN 2000) and its gate locks (Bensalem and Havelund 2005).

A dependency is a lane that takes a lock while it holds others. A cycle is a chain of dependencies in which each takes
what the next one holds and the last one what the first one holds, such that
- all lanes are different (one thread alone can't be in two places),
- no lock is held in two of them (a gate lock lets one in at a time), and none is taken twice,
- every one of them would wait for ever (a try or a timeout waits for nobody),
- no two of them are ordered by starts and joins.
Chains grow one link at a time, so that short cycles come first and a closed chain is not extended.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from engine.analysis.start_order import StartOrder
from engine.model import wait_for
from engine.model.nestings import Nesting

MOST_CHAINS = 200_000  # looked at
MOST_LANES = 8  # that do the very same

Cycle = tuple[Nesting, ...]


class LockCycles:
    """Iterate for the cycles, shortest first. `cut_short` afterwards: there was more than could be looked at."""

    def __init__(self, nestings: Sequence[Nesting], order: StartOrder) -> None:
        self._order = order
        self._links = _worth_a_look(nestings)
        self.cut_short = False

    def __iter__(self) -> Iterator[Cycle]:
        holders: dict[int, list[Nesting]] = defaultdict(list)
        for link in self._links:
            for held in link.held:
                holders[held.primitive].append(link)
        chains: list[Cycle] = [(link,) for link in self._links]
        looked_at = 0
        while chains:
            longer: list[Cycle] = []
            for chain in chains:
                for link in holders[chain[-1].primitive]:
                    looked_at += 1
                    if looked_at > MOST_CHAINS:
                        self.cut_short = True
                        return
                    # Every cycle is found from the link that takes its first lock, and from no other.
                    if link.primitive < chain[0].primitive or not self._fits(chain, link):
                        continue
                    grown = (*chain, link)
                    if any(held.primitive == link.primitive for held in chain[0].held):
                        yield grown
                    else:
                        longer.append(grown)
            chains = longer

    def _fits(self, chain: Cycle, link: Nesting) -> bool:
        locks = {held.primitive for held in link.held}
        return all(
            other.lane != link.lane
            and other.primitive != link.primitive
            and locks.isdisjoint(held.primitive for held in other.held)
            and not self._order.ordered((other.lane, other.time_ns), (link.lane, link.time_ns))
            for other in chain
        )


def _worth_a_look(nestings: Sequence[Nesting]) -> list[Nesting]:
    """Without what cannot be part of a cycle, and without the many lanes that do the very same."""
    waiting = [nesting for nesting in nestings if nesting.waits]
    cyclic = _in_cycles(waiting)
    kept: list[Nesting] = []
    lanes: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for nesting in waiting:
        own = cyclic.get(nesting.primitive)
        if own is None or not any(cyclic.get(held.primitive) == own for held in nesting.held):
            continue
        alike = lanes[nesting.primitive, nesting.stack, nesting.held]
        if len(alike) < MOST_LANES or nesting.lane in alike:
            alike.add(nesting.lane)
            kept.append(nesting)
    return kept


def _in_cycles(nestings: Sequence[Nesting]) -> dict[int, int]:
    """The strongly connected component of each lock that is in one."""
    after: dict[int, set[int]] = defaultdict(set)
    for nesting in nestings:
        after[nesting.primitive]
        for held in nesting.held:
            after[held.primitive].add(nesting.primitive)
    graph = {
        (0, lock): wait_for.Wait((0, lock), lock, frozenset((0, taken) for taken in inner))
        for lock, inner in after.items()
    }
    components = wait_for.find_knots(frozenset(graph), graph)
    return {lock: number for number, component in enumerate(components) for _, lock in component}
