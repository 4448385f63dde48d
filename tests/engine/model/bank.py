"""A small recording made by hand: three threads around the lock `accounts`, a queue and an event."""

from typing import Any

import numpy as np

from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import (
    HOLD_ROW,
    INFERRED,
    OPEN_HOLD_ROW,
    OPEN_STATE_ROW,
    SAMPLED,
    SIGNAL_ROW,
    STATE_ROW,
    TASK_ROW,
    Layer,
    State,
)

START = 7_000_000_000_000
MS = 1_000_000
LOCK, QUEUE, EVENT, THREAD = 1, 2, 3, 4
# detail → primitive, site
DETAILS = {1: (LOCK, 1), 2: (0, 2), 3: (QUEUE, 3), 4: (EVENT, 3), 5: (THREAD, 3), 6: (0, 9)}


def definitions() -> list[dict[str, Any]]:
    """One process, three lanes, four primitives, sites of bank.py."""
    primitives = {LOCK: ("Lock", "accounts"), QUEUE: ("Queue", "orders"), EVENT: ("Event", ""), THREAD: ("Thread", "t")}
    return [
        {"type": "process", "id": 0, "pid": 10, "parent": None, "start_ns": START, "name": "python"},
        *(
            {"type": "lane", "id": number, "process": 0, "serial": number + 1, "start_ns": START, "name": name}
            for number, name in enumerate(("MainThread", "worker-1", "worker-2"))
        ),
        *(
            {"type": "primitive", "id": number, "kind": kind, "name": name, "file": "/src/bank.py", "line": 11 + number}
            for number, (kind, name) in primitives.items()
        ),
        *(
            {"type": "site", "id": number, "file": "/src/bank.py", "line": 38 + number, "function": "transfer"}
            for number in (1, 2, 3)
        ),
        {"type": "stack", "id": 9, "sites": [1, 2]},
        *({"type": "detail", "id": number, "primitive": p, "site": s} for number, (p, s) in DETAILS.items()),
        {"type": "name", "id": 1, "text": "transfer"},
    ]


def bank() -> Model:
    """All of the story up to 100 ms; nothing has ended."""
    model = Model({"start_ns": START, "title": "Bank"})
    states = [
        # worker-1 takes the lock at 1 ms, sleeps in it, releases it at 12 ms, computes.
        (1, 1, State.RUNNING, 0),
        (1, 2, State.RUNNING, 0),
        (1, 11, State.SLEEP, 2),
        (1, 12, State.RUNNING, 0),
        (1, 60, State.RUNNING | SAMPLED, 0),
        # worker-2 waits for it from 4 to 12.1, holds it to 20, then waits for the queue until 30, then for the event.
        (2, 4, State.RUNNING, 0),
        (2, 12, State.LOCK_WAIT, 1),
        (2, 20, State.RUNNING, 0),
        (2, 30, State.WAIT, 3),
        # The main thread waits for the GIL, then joins.
        (0, 40, State.GIL_WAIT | SAMPLED | INFERRED, 0),
        (0, 50, State.CORE_WAIT | SAMPLED, 0),
    ]
    rows = np.array([(lane, START + end * MS, code, detail) for lane, end, code, detail in states], STATE_ROW)
    rows["end"][6] += 100_000
    opened = [(0, 50, State.WAIT, 5), (1, 60, State.IO, 6), (2, 30, State.WAIT, 4)]
    holds = [(1, LOCK, 1, 12, 2, 1), (2, LOCK, 12, 20, 1, 2)]
    hold_rows = np.array([(a, p, START + s * MS, START + e * MS, at, n) for a, p, s, e, at, n in holds], HOLD_ROW)
    hold_rows["start"][1] += 100_000
    open_states = np.array([(a, START + s * MS, code, d) for a, s, code, d in opened], OPEN_STATE_ROW)
    model.take_in(
        Batch(
            definitions(),
            {
                Layer.STATES: rows,
                Layer.OPEN_STATES: open_states,
                Layer.HOLDS: hold_rows,
                Layer.OPEN_HOLDS: np.array([(2, LOCK, START + 70 * MS, 1)], OPEN_HOLD_ROW),
                Layer.SIGNALS: np.array([(1, QUEUE, START + 30 * MS - 5, 1)], SIGNAL_ROW),
                Layer.TASKS: np.array([(2, START + MS, START + 25 * MS, 1, 0)], TASK_ROW),
            },
            START + 100 * MS,
        )
    )
    return model
