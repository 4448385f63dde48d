"""What grows for as long as a program runs, and what is so many and no more."""

from typing import Any

import pytest

from engine.analysis.detectors import leak
from engine.model.model import Model
from engine.recording.schema import State
from tests.engine.analysis.made import MS, START, model

MANY = 12


def started_in_turn(executors: int = 0, busy: int = 0) -> Model:
    """Threads that are started one after the other and wait to the end, but for the last so many; by so many executors
    (0: by nobody).
    """
    texts: list[dict[str, Any]] = [{"type": "program-end", "time_ns": START + 1000 * MS, "exit_status": 0}]
    for number in range(executors):
        texts.append(
            {"type": "primitive", "id": 10 + number, "kind": "Executor", "name": "", "file": "a.py", "line": 1}
        )
    for lane in range(1, MANY + 1) if executors else ():
        texts.append({"type": "executor-worker", "primitive": 10 + lane % executors, "lane": lane})
    states = [(lane, 1000.0, State.RUNNING if lane > MANY - busy else State.WAIT, 0) for lane in range(MANY + 1)]
    made = model(MANY + 1, states, texts=texts)
    for lane in made.lanes[1:]:
        lane.start_ns += lane.id * 60 * MS
    return made


@pytest.mark.parametrize(
    ("executors", "found"),
    [
        (0, True),
        (1, False),  # it starts its workers as tasks come, up to as many as it may have
        (2, False),
        (MANY, True),  # one after the other is made, and none is shut down
    ],
)
def test_workers_of_one_executor_are_no_leak(executors: int, found: bool) -> None:
    assert [each["kind"] for each in leak.find(started_in_turn(executors))] == ["thread-leak"] * found


@pytest.mark.parametrize(("busy", "left"), [(1, [MANY - 1]), (3, [MANY - 3]), (4, [])])
def test_a_few_that_still_work_hide_no_leak(busy: int, left: list[int]) -> None:
    """As those that were started last."""
    assert [len(each["lanes"]) for each in leak.find(started_in_turn(busy=busy))] == left


def test_where_one_has_ended_others_will() -> None:
    made = started_in_turn()
    made.lanes[1].end_ns = START + 700 * MS
    assert leak.find(made) == []
