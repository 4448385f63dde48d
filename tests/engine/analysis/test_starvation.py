"""Who starves at a lock, and who only waits: each part of the definition from both sides of its line."""

from math import comb

import pytest

from engine.analysis.detectors import starvation
from engine.analysis.detectors.starvation import probability
from engine.model.model import Model
from engine.recording.schema import State
from tests.engine.analysis.made import found_by, model, single_file

VICTIM = 1


def overtaken(
    *, waits: int = 20, wait_ms: float = 20.0, times: int = 20, others: int = 1, pause_ms: float = 5.0, own: int = 1
) -> Model:
    """One lane that in each of its waits is overtaken so often, by others in turn; then it takes the lock `own` times
    and leaves it alone for a while."""
    states: list[tuple[int, float, State, int]] = []
    holds: list[tuple[int, float, float]] = []
    now, turn = 0.0, 0
    for _ in range(waits):
        for number in range(times):
            at = now + wait_ms * (number + 0.1) / times
            holds.append((VICTIM + 1 + turn % others, at, at + 0.8 * wait_ms / times))
            turn += 1
        now += wait_ms
        states.append((VICTIM, now, State.LOCK_WAIT, 1))
        holds += [(VICTIM, now + 0.1 * number, now + 0.1 * number + 0.05) for number in range(own)]
        now += max(pause_ms, 0.1 * own)
        states.append((VICTIM, now, State.RUNNING, 0))
    states += [(lane, now, State.RUNNING, 0) for lane in range(VICTIM + 1 + others) if lane != VICTIM]
    return model(VICTIM + 1 + others, states, holds)


def test_who_is_overtaken_again_and_again_starves() -> None:
    (found,) = found_by(starvation, overtaken(times=40, others=2))
    assert (found["kind"], found["lanes"]) == ("starvation", [VICTIM])
    assert found["explanation"] == (
        "worker-1 waited 400 ms for Lock accounts (bank.py:12), 80 % of its time. In its 20 waits the lock was taken"
        " 800 times by worker-2 and worker-3, 40.0 times a wait, and by worker-1 20 times in all, 20.0 times less than"
        " its share."
    )


@pytest.mark.parametrize(
    ("story", "starves"),
    [
        (overtaken(times=4), True),
        (overtaken(times=3), False),  # it may be a little more or less than the line: chance
        (overtaken(times=13, others=4, wait_ms=60), True),
        (overtaken(times=12, others=4, wait_ms=60), False),
        (overtaken(times=20, own=6), True),
        (overtaken(times=20, own=7), False),  # it comes back as often itself
        (overtaken(waits=1, wait_ms=1000, times=500), True),  # once, and for good
        (overtaken(waits=12, wait_ms=8.4, times=4), True),  # every time
        (overtaken(waits=12, wait_ms=8.2, times=4), False),  # not for long in all
        (overtaken(waits=4, wait_ms=26, times=4), False),  # a few times: chance
        (overtaken(pause_ms=379), True),
        (overtaken(pause_ms=381), False),  # it hardly waits
        (overtaken(waits=2, wait_ms=75, times=100), True),  # twice, and for long
        (overtaken(waits=2, wait_ms=52, times=100), False),
    ],
)
def test_each_condition_has_two_sides(story: Model, starves: bool) -> None:
    assert bool(found_by(starvation, story)) is starves


def test_who_waits_for_its_turn_does_not_starve() -> None:
    for lanes, rounds, hold_ms in ((8, 20, 2.0), (4, 10, 50.0), (2, 200, 5.0)):
        assert found_by(starvation, single_file(lanes, rounds, hold_ms)) == []


@pytest.mark.parametrize(("chances", "got", "share"), [(30, 0, 0.5), (40, 4, 0.25), (200, 30, 0.25), (12, 3, 0.5)])
def test_the_probability_of_so_few_is_bounded(chances: int, got: int, share: float) -> None:
    exact = sum(comb(chances, k) * share**k * (1 - share) ** (chances - k) for k in range(got + 1))
    assert exact <= probability(chances, got, share) <= min(1.0, 25 * exact)


def test_what_is_no_less_than_its_share_is_no_matter_of_chance() -> None:
    assert probability(10, 5, 0.5) == probability(0, 0, 0.5) == 1.0
