"""Predictions while the run goes on: made when there is news, in pieces, and taken back when they no longer hold."""

from engine.analysis.order.foresight import SETTLING_S, Foresight
from engine.analysis.order.lock_order import find
from engine.model.model import Model
from tests.engine.analysis.test_lock_cycles import model, nesting

INVERTED = [nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 1)]


class Clock:
    """Stands still but for what `advance` adds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def settle(foresight: Foresight, clock: Clock) -> bool:
    """All that can be known by now."""
    foresight.advance(1.0)
    clock.now += 10 * SETTLING_S
    return foresight.advance(1.0)


def growing() -> tuple[Model, Foresight, Clock]:
    made, clock = model(4, []), Clock()
    made.known_ns = 100
    return made, Foresight(made, clock), clock


def titles(made: Model) -> list[str]:
    return [each["title"] for each in made.findings.values()]


def test_a_deadlock_is_predicted_as_soon_as_both_orders_are_known() -> None:
    made, foresight, clock = growing()
    assert not settle(foresight, clock)
    made.nestings.append(INVERTED[0])
    assert not settle(foresight, clock)
    made.nestings.append(INVERTED[1])
    assert not foresight.advance(1.0), "more may come with it"
    clock.now += SETTLING_S
    assert foresight.advance(1.0)
    assert titles(made) == ["Possible deadlock of worker-1 and worker-2"]
    assert not settle(foresight, clock), "once"


def test_what_lies_beyond_the_watermark_waits_for_it() -> None:
    made, foresight, clock = growing()
    made.nestings += [INVERTED[0], INVERTED[1]._replace(time_ns=150)]
    assert not settle(foresight, clock), "a join before it may not have been read yet"
    made.known_ns = 200
    assert settle(foresight, clock)


def test_work_is_done_in_pieces() -> None:
    made, foresight, clock = growing()
    made.nestings += INVERTED
    foresight.advance(1.0)
    clock.now += SETTLING_S
    pieces = 1
    while not foresight.advance(0.0):
        pieces += 1
    assert pieces > 2


def test_a_prediction_that_has_come_true_is_taken_back() -> None:
    made, foresight, clock = growing()
    made.nestings += INVERTED
    settle(foresight, clock)
    edges = [
        {"waiter": waiter, "holder": 1 - waiter, "primitive": lock, "wait_site": 0, "hold_site": 0}
        for waiter, lock in ((0, 1), (1, 2))
    ]
    made.findings[1] = {"kind": "deadlock", "edges": edges, "title": "Deadlock"}
    assert settle(foresight, clock)
    assert titles(made) == ["Deadlock"]


def test_what_the_search_of_the_whole_finds_again_keeps_its_place() -> None:
    made, foresight, clock = growing()
    made.nestings += INVERTED
    settle(foresight, clock)
    (number,) = made.findings
    made.nestings.append(nesting(3, 30, (3,), 4))
    for finding in find(made):
        foresight.take(finding)
    foresight.end()
    assert list(made.findings) == [number]


def test_what_the_search_of_the_whole_does_not_find_again_is_taken_back() -> None:
    made, foresight, clock = growing()
    made.nestings += INVERTED
    settle(foresight, clock)
    foresight.end()
    assert made.findings == {}
