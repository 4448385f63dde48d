"""Deadlocks of threads that wait where only the system tells for what: at a pipe, in I/O as far as the samples go."""

import numpy as np
import pytest

from engine.model.explain import explain
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import DEADLOCKED, HOLD_ROW, OPEN_STATE_ROW, SAMPLED, STATE_ROW, Layer, State

FOUND_NS, STUCK_NS, END_NS = 1_000, 1_200, 9_000
SLICES = np.array(
    [
        (0, 800, State.IO | SAMPLED, 0),  # something else, before
        (0, FOUND_NS - 50, State.RUNNING, 0),
        (0, STUCK_NS, State.RUNNING | SAMPLED, 0),  # as far as the last sample had told
        (0, END_NS, State.IO | SAMPLED, 0),
    ],
    STATE_ROW,
)
DEFINITIONS = [
    {"type": "process", "id": 0, "pid": 70, "start_ns": 0, "name": "shop.py"},
    {"type": "lane", "id": 0, "process": 0, "serial": 1, "start_ns": 0, "name": "MainThread"},
    {"type": "primitive", "id": 1, "kind": "Pipe", "name": "stdout of cat", "file": "", "line": 0},
    {"type": "primitive", "id": 2, "kind": "Lock", "name": "accounts", "file": "shop.py", "line": 3},
]


def finding(primitive: int) -> dict[str, object]:
    edge = {"waiter": 0, "holder": None, "primitive": primitive, "wait_site": 0, "hold_site": 0}
    return {"type": "finding", "id": 1, "kind": "deadlock", "start_ns": FOUND_NS, "lanes": [0], "edges": [edge]}


def closed_at_once(primitive: int) -> Model:
    model = Model({"start_ns": 0})
    model.take_in(Batch(DEFINITIONS, {Layer.STATES: SLICES}, END_NS))
    model.take_in(Batch([finding(primitive)], {}, END_NS))
    return model


def found_meanwhile(primitive: int) -> Model:
    model = Model({"start_ns": 0})
    model.take_in(Batch([*DEFINITIONS, finding(primitive)], {Layer.STATES: SLICES[:3]}, STUCK_NS))
    model.take_in(Batch([], {Layer.STATES: SLICES[3:]}, END_NS))
    return model


def still_open(primitive: int) -> Model:
    model = Model({"start_ns": 0})
    model.take_in(Batch([*DEFINITIONS, finding(primitive)], {Layer.STATES: SLICES[:3]}, STUCK_NS))
    opened = np.array([(0, STUCK_NS, State.IO | SAMPLED, 0)], OPEN_STATE_ROW)
    model.take_in(Batch([], {Layer.OPEN_STATES: opened}, END_NS))
    return model


@pytest.mark.parametrize("told", [closed_at_once, found_meanwhile, still_open])
def test_who_is_stuck_at_a_pipe_is_deadlocked_in_its_io(told) -> None:  # type: ignore[no-untyped-def]
    model = told(1)
    stuck = model.states.slice_at(0, END_NS - 1)
    assert stuck.code == State.IO | SAMPLED | DEADLOCKED
    assert " at Pipe stdout of cat; this " in explain(model, stuck)
    assert [code & DEADLOCKED for code in model.states.slices(0, 0, END_NS).codes] == [0, 0, 0, DEADLOCKED]
    assert model.states.codes(np.array([0]), 0, END_NS, 1)[1][0, 0] & DEADLOCKED


@pytest.mark.parametrize("told", [closed_at_once, found_meanwhile, still_open])
def test_the_io_of_who_waits_for_a_lock_in_a_deadlock_is_no_wait_of_it(told) -> None:  # type: ignore[no-untyped-def]
    model = told(2)
    assert not any(code & DEADLOCKED for code in model.states.slices(0, 0, END_NS).codes)


def test_who_waits_for_one_who_is_stuck_at_a_pipe_is_told_what_that_one_waits_for() -> None:
    model = closed_at_once(1)
    wait = np.array([(1, STUCK_NS, State.RUNNING, 0), (1, END_NS, State.LOCK_WAIT, 1)], STATE_ROW)
    held = np.zeros(1, HOLD_ROW)
    held["primitive"], held["start"], held["end"] = 2, 100, END_NS
    model.take_in(
        Batch(
            [
                {"type": "lane", "id": 1, "process": 0, "serial": 2, "start_ns": 0, "name": "clerk"},
                {"type": "detail", "id": 1, "primitive": 2, "site": 0},
            ],
            {Layer.STATES: wait, Layer.HOLDS: held},
            END_NS,
        )
    )
    waiting = model.states.slice_at(1, END_NS - 1)
    assert "held by MainThread, which was waiting for Pipe stdout of cat" in explain(model, waiting)
