"""Predicts deadlocks: locks that were taken in opposite orders, although this run got through.

What makes a cycle of lock orders a possible deadlock stands in `lock_cycles`. Locks that some thread released for
another are signals, not locks, and count for nothing. Cycles of the same lines of code are one finding, and none where
a deadlock has been observed there.

Two graphs are looked at: of the locks themselves, whose cycles are predicted deadlocks; and of the lines that created
them, whose cycles are mere inversions: the locks taken in opposite orders were made alike, but were not the same ones.
A cycle of locks that only waits with timeouts, on conditions, for batons (see `outcomes`) or for any of several jobs
keep from happening (`StartOrder(doubtful=True)`) is a warning and inferred: whether another run could do without these
waits is not known. So is one that something might keep from happening that is not recorded, for there was too much
(`possible_order`). "Prove it" can find that out.

Not predicted: deadlocks over queues, events, joins and pools; orders that this run did not take.
"""

from collections.abc import Generator, Iterable
from itertools import combinations
from typing import Any, NamedTuple

from engine.analysis import deadlock
from engine.analysis.building import Finding, listed
from engine.analysis.order.lock_cycles import Cycle, LockCycles
from engine.analysis.order.nested_locks import EVER, by_origin, nestings_of_locks, origins
from engine.analysis.order.possible_order import PossibleOrder
from engine.analysis.order.start_order import StartOrder
from engine.model.entities import Primitive, Site
from engine.model.format import count
from engine.model.model import Model
from engine.model.nestings import Held, Nesting

MOST_FINDINGS = 20
MOST_CYCLES = 2000  # that are counted once there are so many findings
MOST_SUSPECTED = 100  # cycles of the same lines that are looked at for what is not recorded
KIND = "potential-deadlock"
BUT_FOR = ", but for a wait"  # at the end of a title
AS_FAR_AS = ", as far as is recorded"  # so too
Place = tuple[str, int]


def find(model: Model, since_ns: int = 0) -> list[Finding]:
    """A finding for each cycle of lines that was closed since then, predicted ones first; one more when not all orders
    could be looked at. What was observed or predicted at these lines before makes no difference.
    """
    steps = search(model, since_ns=since_ns)
    while True:
        try:
            next(steps)
        except StopIteration as over:
            found: list[Finding] = over.value
            return found


def search(model: Model, until_ns: int = EVER, *, since_ns: int = 0) -> Generator[None, None, list[Finding]]:
    """The same up to a time, with a pause after each piece of the work. The model may grow meanwhile: that is for
    another search, which knows the same finding by its "key".
    """
    nestings = yield from nestings_of_locks(model, until_ns)
    order = StartOrder(model)
    by_lock = LockCycles(nestings, order)
    seen = {_places_of(model, each) for each in deadlock.find(model) if each.get("start_ns", since_ns) >= since_ns}
    groups = yield from _groups(model, by_lock, seen, since_ns)
    doubtful = StartOrder(model, doubtful=True, outcomes=order.outcomes)
    possible = None
    if groups:
        yield from doubtful.prepare()
        if not doubtful.is_whole:
            possible = PossibleOrder(model, order.outcomes)
            yield from possible.prepare()
    found = []
    for group in groups:
        group.sort(key=_hardness)
        found.append((yield from _judged(model, group, doubtful, possible)))
        yield
    found.sort(key=lambda each: each["severity"] != "error")
    if len(found) < MOST_FINDINGS:
        lines = yield from by_origin(nestings, origins(model))
        by_line = LockCycles(lines, order)
        groups = yield from _groups(model, by_line, seen, since_ns)
        found += [_inversion(model, group) for group in groups]
    if by_lock.cut_short:
        found.append(_cut_short(model))
    return found


def _groups(
    model: Model, cycles: LockCycles, seen: set[frozenset[object]], since_ns: int
) -> Generator[None, None, list[list[Cycle]]]:
    """Cycles of the same lines of code together. Those in `seen` are known already; adds to it."""
    groups: dict[frozenset[object], list[Cycle]] = {}
    deadlocks = [{edge["primitive"] for edge in each.get("edges") or ()} for each in deadlock.find(model)]
    known = set(seen)
    number = 0
    for cycle in cycles.search():
        if cycle is None:
            yield
            continue
        number += 1
        if all(link.time_ns < since_ns for link in cycle):
            continue
        if len(groups) >= MOST_FINDINGS and number > MOST_CYCLES:
            break
        if any({link.primitive for link in cycle} <= primitives for primitives in deadlocks):
            continue
        places = frozenset(_places(model, link, before) for link, before in _links(cycle))
        if places in groups:
            groups[places].append(cycle)
        elif places not in known and len(groups) < MOST_FINDINGS:
            groups[places] = [cycle]
            seen.add(places)
    return list(groups.values())


def _hardness(cycle: Cycle) -> tuple[int, int]:
    """Those of different lanes come first, and of these the shortest: easiest to understand, and to make happen."""
    return len(cycle) - len({link.lane for link in cycle}), len(cycle)


def _links(cycle: Cycle) -> Iterable[tuple[Nesting, Held]]:
    """Each link with what it holds of the cycle: the lock that the one before it takes."""
    for number, link in enumerate(cycle):
        wanted = cycle[number - 1].primitive
        yield link, next(held for held in link.held if held.primitive == wanted)


def _places(model: Model, link: Nesting, held: Held) -> tuple[object, ...]:
    return (
        _origin(model.primitives[held.primitive]),
        _line(model.site(held.stack)),
        _origin(model.primitives[link.primitive]),
        _line(model.site(link.stack)),
    )


def _places_of(model: Model, observed: Finding) -> frozenset[object]:
    """As those of a cycle: for each thread of a deadlock, what it holds of it, and what it waits for."""
    edges = observed.get("edges") or ()
    held = {edge["holder"]: edge for edge in edges}
    return frozenset(
        (
            _origin(model.primitives[mine["primitive"]]),
            _line(model.site(mine["hold_site"])),
            _origin(model.primitives[edge["primitive"]]),
            _line(model.site(edge["wait_site"])),
        )
        for edge in edges
        if (mine := held.get(edge["waiter"])) is not None
    )


def _origin(primitive: Primitive) -> object:
    return (primitive.kind, primitive.file, primitive.line) if primitive.line else primitive.id


def _line(site: Site | None) -> Place:
    return (site.file, site.line) if site else ("", 0)


def _is_ordered(cycle: Cycle, order: StartOrder) -> bool:
    moments = [(link.lane, link.time_ns) for link in cycle]
    return any(order.ordered(one, other) for one, other in combinations(moments, 2))


def _judged(
    model: Model, group: list[Cycle], doubtful: StartOrder, possible: PossibleOrder | None
) -> Generator[None, None, Finding]:
    """With a pause after each piece. `possible`: None where all is recorded."""
    free = [cycle for cycle in group if not _is_ordered(cycle, doubtful)]
    if not free:
        return _kept_apart(model, group)
    if possible is None:
        return _predicted(model, group, free[0])
    for cycle in free[:MOST_SUSPECTED]:
        yield
        if not _is_ordered(cycle, possible):
            return _predicted(model, group, cycle)
    return _perhaps_ordered(model, free[0])


def _predicted(model: Model, group: list[Cycle], cycle: Cycle) -> Finding:
    """`cycle`: one of the group."""
    cycle = _from_first_lane(cycle)
    cause = deadlock.cause_of([model.primitives[link.primitive] for link in cycle])
    others = len({frozenset(link.primitive for link in each) for each in group}) - 1
    more = f" The same lines do so with {count(others, 'more set')} of locks." if others else ""
    so_far = "This run got through" if model.finished else "So far this run has got through"
    return {
        **_common(model, cycle),
        "kind": KIND,
        "severity": "error",
        "certainty": "predicted",
        "cause": cause,
        "title": f"Possible deadlock of {_names(model, cycle)}",
        "explanation": f"{_orders(model, cycle)}. {so_far}; when they come at the same time, each waits for"
        f" the next for ever.{_by_jobs(cycle)}{more}",
        "advice": deadlock.advice(cause),
    }


def _kept_apart(model: Model, group: list[Cycle]) -> Finding:
    reason = (
        "In this run they waited for each other in between: on a condition, with a timeout, for a lock that another"
        " thread releases or for any of several jobs. Should another run get there without that wait, each can wait for"
        " the next for ever."
    )
    return _inferred(model, group[0], BUT_FOR, reason)


def _perhaps_ordered(model: Model, cycle: Cycle) -> Finding:
    reason = (
        "Not all jobs, results, signals, joins and rounds of a barrier until then are recorded: there were too many, or"
        " records were lost. If none of those that are not keeps these apart, each can wait for the next for ever;"
        " whether one does, only another run can tell."
    )
    return _inferred(model, cycle, AS_FAR_AS, reason)


def _inferred(model: Model, cycle: Cycle, but: str, reason: str) -> Finding:
    cycle = _from_first_lane(cycle)
    cause = deadlock.cause_of([model.primitives[link.primitive] for link in cycle])
    return {
        **_common(model, cycle),
        "kind": KIND,
        "severity": "warning",
        "certainty": "inferred",
        "cause": cause,
        "title": f"Possible deadlock of {_names(model, cycle)}{but}",
        "explanation": f"{_orders(model, cycle)}. {reason}{_by_jobs(cycle)}",
        "advice": deadlock.advice(cause),
    }


def _names(model: Model, cycle: Cycle) -> str:
    lanes = [link.lane for link in cycle]
    labels = {lane: model.lane_label(lane) for lane in lanes}
    return listed([f"jobs of {labels[lane]}" if lanes.count(lane) > 1 else labels[lane] for lane in labels])


def _by_jobs(cycle: Cycle) -> str:
    if len({link.lane for link in cycle}) == len(cycle):
        return ""
    return " That one worker did these jobs one after the other was chance: another run may give them to two."


def _inversion(model: Model, group: list[Cycle]) -> Finding:
    cycle = _from_first_lane(group[0])
    lines = [model.primitives[link.primitive].place for link in cycle]
    return {
        **_common(model, cycle),
        "kind": "lock-order-inversion",
        "severity": "info",
        "certainty": "inferred",
        "cause": None,
        "title": f"Locks made at {listed(lines)} are taken in opposite orders",
        "explanation": f"{_orders(model, cycle)}. These were not the same locks, so nothing can happen unless the same"
        " ones meet.",
        "advice": deadlock.advice("lock-cycle"),
    }


def _from_first_lane(cycle: Cycle) -> Cycle:
    first = min(range(len(cycle)), key=lambda number: cycle[number].lane)
    return cycle[first:] + cycle[:first]


def _orders(model: Model, cycle: Cycle) -> str:
    """`one took b (ab.py:5) while it held a (ab.py:4); two took …`"""
    clauses = []
    for link, held in _links(cycle):
        taken, kept = (_name(model.primitives[number]) for number in (link.primitive, held.primitive))
        clauses.append(
            f"{model.lane_label(link.lane)} took {taken}{_at(model, link.stack)}"
            f" while it held {kept}{_at(model, held.stack)}"
        )
    return "; ".join(clauses)


def _at(model: Model, stack: int) -> str:
    site = model.site(stack)
    return f" ({site.label})" if site else ""


def _name(primitive: Primitive) -> str:
    return primitive.name or primitive.short


def _common(model: Model, cycle: Cycle) -> dict[str, Any]:
    """Participants in the order of the cycle, and its edges as a deadlock has them."""
    links = list(_links(cycle))
    return {
        "participants": [
            {
                "process": model.processes[model.lanes[link.lane].process].pid,
                "thread": model.lanes[link.lane].name,
                "waits_for": model.primitives[link.primitive].label,
                "holds": [model.primitives[held.primitive].label],
                "stack": _frames(model, link.stack),
            }
            for link, held in links
        ],
        "start_ns": min(link.time_ns for link in cycle),
        "end_ns": max(link.time_ns for link in cycle),
        "lanes": [link.lane for link in cycle],
        "primitive": cycle[0].primitive,
        "edges": [
            {
                "waiter": link.lane,
                "holder": after.lane,
                "primitive": link.primitive,
                "wait_site": link.stack,
                "hold_site": held.stack,
            }
            for link, (after, held) in zip(cycle, links[1:] + links[:1], strict=True)
        ],
        "resolved_ns": None,
        "key": " ".join(sorted(repr(_places(model, link, held)) for link, held in links)),
    }


def _frames(model: Model, stack: int) -> list[dict[str, Any]]:
    return [{"file": site.file, "line": site.line, "function": site.function} for site in model.stack(stack)]


def _cut_short(model: Model) -> Finding:
    return {
        "kind": "incomplete-history",
        "severity": "info",
        "certainty": "observed",
        "cause": None,
        "title": "Not all lock orders were looked at",
        "explanation": "Locks were taken in so many orders that the search for possible deadlocks was cut short: there"
        " may be more than are listed.",
        "advice": "Check a part of the program by itself, or settle the deadlocks that are listed and check again.",
        "participants": [],
        "start_ns": model.start_ns,
        "end_ns": model.end_ns,
        "lanes": [],
        "primitive": None,
    }


def is_provable(found: Finding) -> bool:
    """Whether it can be tried to make it happen."""
    return found["kind"] == KIND and found["certainty"] in ("predicted", "inferred")


class Step(NamedTuple):
    """What one lane of a predicted deadlock did: the lock it took first and where, the one it took then and where."""

    held: Primitive
    held_site: Site | None
    wanted: Primitive
    wanted_site: Site | None


def steps(found: Finding, model: Model) -> list[Step]:
    """One for each lane, in the order of the cycle."""
    edges = found["edges"]
    return [
        Step(
            model.primitives[before["primitive"]],
            model.site(before["hold_site"]),
            model.primitives[edge["primitive"]],
            model.site(edge["wait_site"]),
        )
        for before, edge in zip(edges[-1:] + edges[:-1], edges, strict=True)
    ]
