"""Cycles of lock orders against an enumeration of everything; what starts and joins rule out."""

import itertools
import random

import pytest

from engine.analysis.findings import find_all
from engine.analysis.order import lock_order
from engine.analysis.order.lock_cycles import LockCycles
from engine.analysis.order.start_order import StartOrder
from engine.model.entities import Lane, Primitive, Process
from engine.model.model import Model
from engine.model.nestings import Held, Join, Nesting
from engine.recording.reader import Batch


def model(lanes: int, nestings: list[Nesting], joins: list[Join] | None = None, *, locks: int = 6) -> Model:
    """Lane 0 starts lane N at time N."""
    made = Model({"start_ns": 0})
    made.processes = [Process(0, 1, "python", 0)]
    made.lanes = [Lane(n, 0, n + 1, 0, f"worker-{n}", n, parent=0 if n else None) for n in range(lanes)]
    made.primitives = {n: Primitive(n, "Lock", f"lock-{n}", "bank.py", n, 0) for n in range(1, locks + 1)}
    made.nestings, made.joins = nestings, joins or []
    return made


def nesting(lane: int, time: int, held: tuple[int, ...], taken: int, *, waits: bool = True) -> Nesting:
    return Nesting(lane, time, taken, 0, waits, tuple(Held(lock, 0) for lock in held))


def cycles_by_definition(nestings: list[Nesting], order: StartOrder) -> set[frozenset[Nesting]]:
    found = set()
    waiting = [each for each in nestings if each.waits]
    for length in range(2, 5):
        for chain in itertools.permutations(waiting, length):
            if chain[0].primitive != min(link.primitive for link in chain):
                continue
            links = list(zip(chain, (*chain[1:], chain[0]), strict=True))
            pairs = list(itertools.combinations(chain, 2))
            if (
                all(any(held.primitive == one.primitive for held in other.held) for one, other in links)
                and len({link.primitive for link in chain}) == length
                and all(one.lane != other.lane for one, other in pairs)
                and all(not {h.primitive for h in one.held} & {h.primitive for h in other.held} for one, other in pairs)
                and not any(order.ordered((a.lane, a.time_ns), (b.lane, b.time_ns)) for a, b in pairs)
            ):
                found.add(frozenset(chain))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_all_cycles_are_found_and_no_others(seed: int) -> None:
    chance = random.Random(seed)
    nestings = []
    for _ in range(9):
        locks = chance.sample(range(1, 6), chance.choice((2, 2, 3)))
        lane, waits = chance.randrange(5), chance.random() < 0.9
        nestings.append(nesting(lane, chance.randrange(10, 100), tuple(locks[:-1]), locks[-1], waits=waits))
    nestings = list(dict.fromkeys(nestings))
    joins = [Join(0, chance.randrange(10, 100), chance.randrange(1, 5), None) for _ in range(2)]
    made = model(5, nestings, joins)
    order = StartOrder(made)
    found = [frozenset(cycle) for cycle in LockCycles(nestings, order)]
    assert len(found) == len(set(found)), "each once"
    minimal = {cycle for cycle in found if len(cycle) <= 4}
    wanted = cycles_by_definition(nestings, order)
    assert minimal <= wanted
    closed_early = {cycle for cycle in wanted - minimal if any(other < cycle for other in wanted)}
    assert wanted - minimal == closed_early, "only what a shorter cycle is part of may be left out"


def test_what_has_been_observed_is_not_predicted_for_other_locks_of_these_lines() -> None:
    orders = [(1, 1, 3), (2, 3, 2), (3, 2, 1)]  # of three accounts' locks, made at one line, taken at two
    made = model(4, [], locks=3)
    made.primitives = {n: Primitive(n, "Lock", f"lock #{n}", "bank.py", 6, 0) for n in (1, 2, 3)}
    sites: list[dict[str, object]] = [
        {"type": "site", "id": number, "file": "bank.py", "line": line, "function": "transfer"}
        for number, line in ((1, 13), (2, 15), (3, 40))
    ]
    made.take_in(Batch(sites, {}, 1))
    made.nestings = [Nesting(lane, 10, taken, 2, True, (Held(held, 1),)) for lane, held, taken in orders]
    assert [each["kind"] for each in lock_order.find(made)] == ["potential-deadlock"]
    edges = [
        {"waiter": 1, "holder": 2, "primitive": 2, "wait_site": 2, "hold_site": 1},
        {"waiter": 2, "holder": 1, "primitive": 1, "wait_site": 2, "hold_site": 1},
    ]
    made.findings[1] = {"id": 1, "kind": "deadlock", "severity": "error", "certainty": "observed", "edges": edges}
    made.findings[1] |= {"start_ns": 90, "lanes": [1, 2]}
    assert lock_order.find(made) == []
    edges[0]["wait_site"] = edges[1]["wait_site"] = 3
    assert len(lock_order.find(made)) == 1, "it is another mistake"
    made.header["steered"] = True  # its times are not told
    assert [each["certainty"] for each in find_all(made) if each["severity"] == "error"] == ["observed", "predicted"]


def test_what_is_joined_comes_before_what_is_done_then() -> None:
    made = model(4, [], [Join(0, 50, 1, None), Join(3, 60, 2, None)])
    order = StartOrder(made)
    assert order.before((1, 10), (0, 51))
    assert not order.before((1, 10), (0, 49))
    assert order.before((0, 1), (3, 5)), "what its starter did before"
    assert not order.ordered((0, 20), (3, 20))
    assert order.before((2, 40), (3, 61))
    assert not order.before((2, 40), (3, 59))
    assert not order.ordered((1, 10), (3, 61))
    made.lanes[2].parent = 1
    assert StartOrder(made).before((1, 1), (3, 61)), "through a thread that it started"


def test_a_joined_process_may_have_ended_before_it_had_a_lane() -> None:
    order = StartOrder(model(2, [], [Join(0, 50, None, 99), Join(0, 60, 1, None)]))
    assert order.before((1, 10), (0, 61))


def rounds(count: int) -> Model:
    """Two threads take two locks in opposite orders, one after the other in every round but the last."""
    nestings, joins = [], []
    for lane in range(1, 2 * count + 1):
        held, taken = (1, 2) if lane % 2 else (2, 1)
        time = 10 * lane + 5
        nestings.append(nesting(lane, time, (held,), taken))
        if lane < 2 * count - 1:
            joins.append(Join(0, time + 1, lane, None))
    made = model(2 * count + 1, nestings, joins)
    for lane in made.lanes:
        lane.start_ns = 10 * lane.id
    return made


def test_threads_that_meet_after_many_that_could_not_are_found() -> None:
    (found,) = lock_order.find(rounds(20))
    assert found["lanes"] == [39, 40]
    (found,) = lock_order.find(rounds(1000))
    assert found["lanes"] == [1999, 2000]


def test_the_same_lines_are_one_finding() -> None:
    nestings = []
    for pair in range(10):
        first, second = 2 * pair + 1, 2 * pair + 2
        nestings += [nesting(1, 20 + pair, (first,), second), nesting(2, 20 + pair, (second,), first)]
    made = model(3, nestings, locks=20)
    for number, primitive in made.primitives.items():
        primitive.line = 1 + number % 2
    (found,) = lock_order.find(made)
    assert "9 more sets" in found["explanation"]
    assert found["cause"] == "lock-cycle"


def test_of_the_same_lines_the_shortest_cycle_is_told() -> None:
    in_order = [nesting(lane, 20, (lane,), lane + 1) for lane in (1, 2, 3)]
    in_order += [nesting(6, 20, (1,), 2)]  # another thread, the same locks: no more sets of them
    made = model(7, [*in_order, nesting(4, 20, (4,), 1), nesting(5, 20, (1,), 4)])
    for primitive in made.primitives.values():
        primitive.line = 1
    (found,) = lock_order.find(made)
    assert found["lanes"] == [4, 5]
    assert "1 more set " in found["explanation"]


def test_a_search_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.analysis.order.lock_cycles.MOST_WORK", 3)
    nestings = [nesting(lane, 20, (lane,), lane % 5 + 1) for lane in range(1, 6)]
    found = lock_order.find(model(6, nestings))
    assert [each["kind"] for each in found] == ["incomplete-history"]
