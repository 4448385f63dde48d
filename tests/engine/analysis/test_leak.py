"""What grows for as long as a program runs, and what is so many and no more."""

from typing import Any

import numpy as np
import pytest

from engine.analysis.detectors import leak
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import STATE_ROW, Layer, State
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


@pytest.mark.parametrize(("site", "timed_out", "found"), [(1, False, []), (0, False, [MANY]), (1, True, [MANY])])
def test_who_is_joined_in_the_end_does_end(site: int, timed_out: bool, found: list[int]) -> None:
    """By a line of the program, however late; the interpreter joins whatever is left, at no line of it."""
    made = started_in_turn()
    texts = [
        {"type": "primitive", "id": 9, "kind": "Thread", "name": made.lanes[2].name, "file": "a.py", "line": 1},
        {"type": "detail", "id": 9, "primitive": 9, "site": site},
    ]
    made.take_in(Batch(texts, {}, made.end_ns))
    made.timed_out = {9} if timed_out else set()
    assert [len(each["lanes"]) for each in leak.find(made)] == found


@pytest.mark.parametrize(("site", "found"), [(1, []), (0, [MANY])])
def test_who_ends_before_the_programs_own_code_has_ended(site: int, found: list[int]) -> None:
    """However soon before: it sleeps at a line of it, say, and joins nobody who has not ended yet."""
    made = started_in_turn()
    for lane in made.lanes[1:]:
        lane.end_ns = START + 970 * MS
    states = np.array([(0, START + 1005 * MS, State.SLEEP, 9)], STATE_ROW)
    texts = [{"type": "detail", "id": 9, "primitive": 0, "site": site}]
    texts += [{"type": "program-end", "time_ns": START + 1010 * MS, "exit_status": 0}]
    made.take_in(Batch(texts, {Layer.STATES: states}, START + 1010 * MS))
    assert [len(each["lanes"]) for each in leak.find(made)] == found


@pytest.mark.parametrize(("doing", "found"), [(State.CORE_WAIT, [MANY]), (State.RUNNING, [])])
def test_the_interpreter_may_take_long_to_end_them(doing: State, found: list[int]) -> None:
    """On a machine that is busy; a program that computes is not over, whoever has ended."""
    made = started_in_turn()
    for lane in made.lanes[1:]:
        lane.end_ns = START + (1010 + lane.id) * MS
    rows = np.array([(0, START + 1300 * MS, doing, 0)], STATE_ROW)
    texts = [{"type": "program-end", "time_ns": START + 1300 * MS, "exit_status": 0}]
    made.take_in(Batch(texts, {Layer.STATES: rows}, START + 1300 * MS))
    assert [len(each["lanes"]) for each in leak.find(made)] == found


def test_where_one_has_ended_others_will() -> None:
    made = started_in_turn()
    made.lanes[1].end_ns = START + 700 * MS
    assert leak.find(made) == []
