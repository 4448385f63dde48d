"""Small recordings for the timeline's tests: one written by hand, and synthetic ones."""

from typing import Any

import numpy as np

from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, SAMPLED, STATE_ROW, Layer, State
from engine.recording.synthetic import Synthetic, commits, header

MS = 1_000_000
START = 1_000 * MS
LOCK = 1
ALICE, BOB, FEEDER, CAROL = range(4)


def by_hand(*, finished: bool = True) -> Model:
    """Two processes and 100 ms. alice holds the lock from 10 to 40 ms, bob wants it from 20 ms and holds it to 60 ms.

    alice runs throughout. bob runs, waits, runs to 60 ms, waits for the GIL (sampled) to 80 ms, then sleeps. feeder
    is an idle service lane. carol, in the second process, is unknown until 50 ms, then does I/O.
    """
    model = Model({"start_ns": START, "title": "by hand"})
    texts: list[dict[str, Any]] = [
        {"type": "process", "id": n, "pid": 100 + n, "start_ns": START, "name": "python", "role": role}
        for n, role in enumerate(("program", "worker"))
    ]
    texts += [
        {
            "type": "lane",
            "id": n,
            "process": process,
            "serial": n + 1,
            "name": name,
            "start_ns": START,
            "internal": internal,
        }
        for n, (name, process, internal) in enumerate(
            (("alice", 0, False), ("bob", 0, False), ("feeder", 0, True), ("carol", 1, False))
        )
    ]
    texts += [
        {"type": "primitive", "id": LOCK, "kind": "Lock", "name": "accounts", "file": "bank.py", "line": 12},
        {"type": "site", "id": 1, "file": "bank.py", "line": 40, "function": "transfer"},
        {"type": "detail", "id": 1, "primitive": LOCK, "site": 1},
    ]
    slices = (
        (ALICE, 100, State.RUNNING, 0),
        (BOB, 20, State.RUNNING, 0),
        (BOB, 40, State.LOCK_WAIT, 1),
        (BOB, 60, State.RUNNING, 0),
        (BOB, 80, State.GIL_WAIT | SAMPLED, 0),
        (BOB, 100, State.SLEEP, 0),
        (FEEDER, 100, State.IDLE, 0),
        (CAROL, 50, State.UNKNOWN, 0),
        (CAROL, 100, State.IO, 0),
    )
    states = np.array([(lane, START + end * MS, code, detail) for lane, end, code, detail in slices], STATE_ROW)
    holds = np.array(
        [
            (ALICE, LOCK, START + 10 * MS, START + 40 * MS - 1_000, 1, 1),
            (BOB, LOCK, START + 40 * MS, START + 60 * MS, 1, 2),
        ],
        HOLD_ROW,
    )
    if finished:
        texts += [{"type": "end", "time_ns": START + 100 * MS}]
    model.take_in(Batch(texts, {Layer.STATES: states, Layer.HOLDS: holds}, START + 100 * MS))
    return model


def synthetic(**choices: Any) -> Model:
    """See engine.recording.synthetic."""
    made = Synthetic(**choices)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    return model
