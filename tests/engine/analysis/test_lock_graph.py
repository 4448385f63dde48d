"""The lock-order graph: its orders, what their circles mean, and why some can't become a deadlock."""

import numpy as np
import pytest

from engine.analysis.order.exclusions import MOST_CHOICES
from engine.analysis.order.lock_graph import Circle, LockGraph, Status, folded
from engine.analysis.order.order_counts import OrderCount
from engine.model.entities import Primitive
from engine.model.model import Model
from engine.model.nestings import Join, Nesting
from engine.recording.schema import HOLD_ROW
from tests.engine.analysis.test_lock_cycles import model, nesting


def graph(nestings: list[Nesting], joins: list[Join] | None = None, *, lanes: int = 4) -> LockGraph:
    return LockGraph(model(lanes, nestings, joins)).finish()


def only_circle(found: LockGraph) -> Circle:
    (circle,) = found.circles
    return circle


def test_orders_know_who_took_them_how() -> None:
    found = graph([nesting(1, 20, (1,), 2), nesting(2, 21, (1, 2), 3)])
    assert set(found.orders) == {(1, 2), (1, 3), (2, 3)}
    assert found.orders[1, 2].lanes == [1]
    assert found.orders[1, 3].lanes == found.orders[2, 3].lanes == [2]
    assert all(order.status is Status.ORDERLY for order in found.orders.values())
    assert found.circles == []


def test_opposite_orders_of_two_threads_are_a_possible_deadlock() -> None:
    found = graph([nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 1), nesting(3, 20, (2,), 3)])
    assert only_circle(found) == Circle((1, 2), Status.POSSIBLE, "")
    assert {pair: order.status for pair, order in found.orders.items()} == {
        (1, 2): Status.POSSIBLE,
        (2, 1): Status.POSSIBLE,
        (2, 3): Status.ORDERLY,
    }


def test_a_circle_of_three_is_walked_in_its_order() -> None:
    found = graph([nesting(1, 20, (3,), 1), nesting(2, 20, (1,), 2), nesting(3, 20, (2,), 3)])
    circle = only_circle(found)
    assert circle.status is Status.POSSIBLE
    assert circle.pairs == [(1, 2), (2, 3), (3, 1)]


@pytest.mark.parametrize(
    ("nestings", "joins", "why"),
    [
        (
            [nesting(1, 20, (1,), 2), nesting(1, 30, (2,), 1)],
            [],
            "lock-1 and lock-2 are taken in opposite orders, but only by worker-1",
        ),
        (
            [nesting(1, 20, (5, 1), 2), nesting(2, 20, (5, 2), 1)],
            [],
            "lock-1 and lock-2 are taken in opposite orders, but lock-5 is held meanwhile,"
            " which lets in one thread at a time",
        ),
        (
            [nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 1, waits=False)],
            [],
            "lock-1 and lock-2 are taken in opposite orders, but worker-2 takes lock-1"
            " with a try or a timeout only, and would go on without it",
        ),
        (
            [nesting(1, 20, (1,), 2), nesting(0, 60, (2,), 1)],
            [Join(0, 50, 1, None)],
            "lock-1 and lock-2 are taken in opposite orders, but worker-1 always comes before worker-0:"
            " threads start, join, meet and wait for each other so",
        ),
        (
            [nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 3), nesting(1, 30, (3,), 1)],
            [],
            "lock-1, lock-2 and lock-3 are taken in a circle, but worker-1 takes two of the orders,"
            " one after the other",
        ),
    ],
)
def test_what_excludes_a_circle_is_told(nestings: list[Nesting], joins: list[Join], why: str) -> None:
    found = graph(nestings, joins)
    circle = only_circle(found)
    assert circle.status is Status.EXCLUDED
    assert circle.why == why
    assert all(found.orders[pair].why == why for pair in circle.pairs)


def test_the_way_that_comes_nearest_is_told() -> None:
    found = graph([nesting(1, 20, (1,), 2), nesting(1, 30, (2,), 1), nesting(2, 30, (2,), 1, waits=False)])
    assert only_circle(found).why.endswith("only by worker-1"), "a try by another thread is further away"


def test_what_may_happen_outweighs_what_cannot() -> None:
    found = graph([nesting(1, 20, (1,), 2), nesting(1, 30, (2,), 1), nesting(2, 20, (2,), 1)])
    assert only_circle(found).status is Status.POSSIBLE


def test_many_ways_are_looked_at_within_limits() -> None:
    nestings = [nesting(1, time, (1,), 2) for time in range(20, 220)] + [nesting(1, 400, (2,), 1)]
    assert len(nestings) ** 2 > MOST_CHOICES
    assert only_circle(graph(nestings)).status is Status.EXCLUDED


def deadlocked() -> Model:
    made = model(3, [])
    made.add_finding(
        {
            "kind": "deadlock", "lanes": [1, 2], "start_ns": 30,
            "edges": [
                {"waiter": 1, "holder": 2, "primitive": 2, "wait_site": 11, "hold_site": 12},
                {"waiter": 2, "holder": 1, "primitive": 1, "wait_site": 13, "hold_site": 14},
            ],
        }
    )  # fmt: skip
    return made


def test_a_deadlock_that_happened_is_in_the_graph_although_its_locks_were_never_got() -> None:
    found = LockGraph(deadlocked()).finish()
    assert only_circle(found) == Circle((1, 2), Status.HAPPENED, "")
    order = found.orders[1, 2]
    assert (order.status, order.lanes) == (Status.HAPPENED, [1])
    assert (order.ways[0].stack, order.held_stack(order.ways[0])) == (11, 14)


def test_folding_joins_locks_of_one_line() -> None:
    made = model(4, [nesting(1, 20, (1,), 2), nesting(2, 20, (4,), 3), nesting(3, 20, (5,), 6)])
    for number in (1, 3):
        made.primitives[number] = Primitive(number, "Lock", "left", "bank.py", 7)
    for number in (2, 4):
        made.primitives[number] = Primitive(number, "Lock", "right", "bank.py", 8)
    for number in (5, 6):
        made.primitives[number] = Primitive(number, "Lock", "fork", "bank.py", 9)
    lines = folded(LockGraph(made).finish())
    assert set(lines) == {(1, 2), (2, 1), (5, 5)}
    assert {lines[1, 2].status, lines[2, 1].status} == {Status.EXCLUDED}
    assert "never the same ones" in lines[1, 2].why
    assert lines[5, 5].status is Status.ORDERLY


def test_how_often_one_was_taken_inside_the_other_is_counted_in_holds() -> None:
    made = model(3, [])
    made.holds.append(
        np.array(
            [
                (1, 2, 12, 14, 0, 0), (1, 2, 15, 16, 0, 0), (1, 1, 10, 20, 0, 0), (1, 2, 21, 22, 0, 0),
                (2, 2, 12, 13, 0, 0), (2, 1, 30, 40, 0, 0), (2, 2, 31, 32, 0, 0),
            ],
            HOLD_ROW,
        )
    )  # fmt: skip
    counted = OrderCount(made, [(1, 2)])
    while counted.advance():
        pass
    assert (counted.by_lane, counted.total) == ({1: 2, 2: 1}, 3)
    backwards = OrderCount(made, [(2, 1), (3, 1)])
    while backwards.advance():
        pass
    assert backwards.total == 0
