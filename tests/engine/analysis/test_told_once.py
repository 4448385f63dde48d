"""What is said of a lock is said once, by the finding that names the cause; what nobody knows is not said."""

import numpy as np
import pytest

from engine.analysis import unknown_waits
from engine.analysis.detectors import held_while_blocked
from engine.analysis.findings import find_all
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, SAMPLED, STATE_ROW, Layer, State
from tests.engine.analysis.made import MS, START, found_by, model, single_file

OF_LOCKS = {"convoy", "lock-held-while-blocked", "costly-hold", "starvation", "lock-bound"}
UNKNOWN_WAIT = State.WAIT | SAMPLED
REPORT = {"type": "site", "id": 2, "file": "bank.py", "line": 50, "function": "report"}


def told(made: Model) -> list[str]:
    return [each["kind"] for each in find_all(made) if each["kind"] in OF_LOCKS]


@pytest.mark.parametrize(("doing", "kind"), [(State.SLEEP, "lock-held-while-blocked"), (State.RUNNING, "convoy")])
def test_that_all_queue_is_not_told_beside_what_they_queue_for(doing: State, kind: str) -> None:
    assert told(single_file(5, 20, 4.0, while_held=doing)) == [kind]


def test_who_was_held_back_for_a_proof_did_not_sleep_with_a_lock() -> None:
    made = single_file(5, 20, 4.0, while_held=State.SLEEP)
    made.header["steered"] = True
    assert find_all(made) == []


def test_a_finding_about_locks_of_one_line_is_about_all_of_them() -> None:
    made = single_file(5, 20, 4.0, while_held=State.SLEEP)
    states, holds, time = [], [], 400
    for lane in (0, 1, 2, 3, 4) * 20:
        states += [(lane, START + time * MS, State.LOCK_WAIT, 2), (lane, START + (time + 4) * MS, State.SLEEP, 0)]
        holds.append((lane, 2, START + time * MS, START + (time + 4) * MS, 1, 0))
        time += 4
    texts = [
        {"type": "primitive", "id": 2, "kind": "Lock", "name": "audit", "file": "bank.py", "line": 12},
        {"type": "detail", "id": 2, "primitive": 2, "site": 1},
    ]
    rows = {Layer.STATES: np.array(states, STATE_ROW), Layer.HOLDS: np.array(holds, HOLD_ROW)}
    made.take_in(Batch(texts, rows, START + time * MS))
    assert told(made) == ["lock-held-while-blocked"]


def test_waits_of_which_nobody_knows_what_for_are_not_the_programs() -> None:
    """A free-threaded interpreter waits within itself; a wait that is recorded, at the same place, is told."""
    assert found_by(held_while_blocked, single_file(3, 20, 4.0, while_held=UNKNOWN_WAIT)) == []
    assert found_by(held_while_blocked, single_file(3, 20, 4.0, while_held=State.WAIT))


def test_only_the_known_part_of_a_hold_counts_as_blocked() -> None:
    states, holds, time = [], [], 0.0
    for lane in (0, 1, 2) * 20:
        states.append((lane, time, State.LOCK_WAIT, 1))
        states += [(lane, time + 3, UNKNOWN_WAIT, 0), (lane, time + 4, State.SLEEP, 0)]
        holds.append((lane, time, time + 4))
        time += 4
    (found,) = found_by(held_while_blocked, model(3, states[1:], holds))
    assert "while sleeping for 60.0 ms (25 % of the time it was held" in found["explanation"]


def test_unknown_waits_are_measured_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unknown_waits, "SLICES_AT_ONCE", 3)
    codes = (UNKNOWN_WAIT, State.RUNNING, State.WAIT)
    made = model(2, [(lane, 1.0 + n, codes[n % 3], 0) for lane in (0, 1) for n in range(30)])
    spans = [(0, 0.0, 30.0), (0, 0.25, 0.75), (0, 1.0, 3.0), (1, 2.5, 6.5), (1, 27.5, 29.0), (1, 5.0, 5.0)]
    lanes, starts, ends = (np.array(column) for column in zip(*spans, strict=True))
    spent = unknown_waits.within(made, lanes, (START + starts * MS).astype(int), (START + ends * MS).astype(int))
    assert (spent / MS).tolist() == [10.0, 0.5, 0.0, 1.5, 0.5, 0.0]


def test_a_queue_behind_a_line_that_seldom_takes_the_lock_is_that_lines() -> None:
    """Not a convoy, though nearly all who take it have waited and most of its holds are short."""
    states: list[tuple[int, float, int, int]] = []
    holds: list[tuple[float, ...]] = []
    now = 0.0
    for _ in range(20):
        states.append((1, now + 10, State.RUNNING, 0))
        holds.append((1, now, now + 10, 2))
        now += 10
        for lane in range(2, 6):
            states += [(lane, now, State.LOCK_WAIT, 1), (lane, now + 0.01, State.RUNNING, 0)]
            holds.append((lane, now, now + 0.01))
            now += 0.01
        states.append((1, now, State.LOCK_WAIT, 1))
    found = [each for each in find_all(model(6, states, holds, [REPORT])) if each["kind"] in OF_LOCKS]
    assert [each["title"] for each in found] == ["Lock accounts is held for long at bank.py:50"]


@pytest.mark.parametrize(("others", "kinds"), [(0, ["starvation"]), (3, ["costly-hold", "starvation"])])
def test_who_starves_is_told_instead_of_where_unless_others_wait_as_long(others: int, kinds: list[str]) -> None:
    """Worker-1 holds the lock nearly all the time, and lets it go for a moment; the others take it as often as it."""
    states: list[tuple[int, float, int, int]] = [(1, 1000.0, State.RUNNING, 0)]
    holds: list[tuple[float, ...]] = [(1, 5.0 * n, 5.0 * n + 4.5, 2) for n in range(200)]
    for turn in range(10):
        states += [(2, 100.0 * turn + 99.5, State.LOCK_WAIT, 1), (2, 100.0 * turn + 100, State.RUNNING, 0)]
        holds.append((2, 100.0 * turn + 99.6, 100.0 * turn + 99.7))
    for lane in range(3, 3 + others):
        for n in range(200):
            states += [(lane, 5.0 * n + 4.5, State.LOCK_WAIT, 1), (lane, 5.0 * n + 5, State.RUNNING, 0)]
            holds.append((lane, 5.0 * n + 4.5 + 0.1 * (lane - 2), 5.0 * n + 4.55 + 0.1 * (lane - 2)))
    holds.sort(key=lambda hold: hold[1])
    assert sorted(told(model(3 + others, states, holds, [REPORT]))) == kinds
