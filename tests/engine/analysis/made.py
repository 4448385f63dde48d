"""Models made from a few lines of what happened. Times in ms since the start."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.analysis.building import Finding
from engine.analysis.findings import Latecomer
from engine.analysis.known import Known
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, STATE_ROW, Layer, State

START = 3_000_000_000_000
MS = 1_000_000


def model(
    lanes: int,
    states: Iterable[tuple[int, float, int, int]],
    holds: Iterable[tuple[float, ...]] = (),
    texts: Iterable[dict[str, Any]] = (),
    *,
    processes: int = 1,
    free_threaded: bool = False,
) -> Model:
    """Lanes, spread over processes, with (lane, end, state, 1: for the lock) and the lock's (lane, start, end, and
    its site if not 1).
    """
    made = Model({"start_ns": START})
    definitions: list[dict[str, Any]] = [
        {
            "type": "process",
            "id": n,
            "pid": 100 + n,
            "start_ns": START,
            "name": "python",
            "free_threaded": free_threaded,
        }
        for n in range(processes)
    ]
    definitions += [
        {
            "type": "lane", "id": n, "process": n * processes // lanes, "serial": n // processes + 1,
            "start_ns": START, "name": f"worker-{n}" if n else "MainThread",
        }
        for n in range(lanes)
    ]  # fmt: skip
    definitions += [
        {"type": "primitive", "id": 1, "kind": "Lock", "name": "accounts", "file": "bank.py", "line": 12},
        {"type": "site", "id": 1, "file": "bank.py", "line": 40, "function": "transfer"},
        {"type": "detail", "id": 1, "primitive": 1, "site": 1},
    ]
    rows = np.array([(lane, START + int(end * MS), code, detail) for lane, end, code, detail in states], STATE_ROW)
    held = [
        (lane, 1, START + int(s * MS), START + int(e * MS), site[0] if site else 1, 0) for lane, s, e, *site in holds
    ]
    layers = {Layer.STATES: rows, Layer.HOLDS: np.array(held, HOLD_ROW)}
    end = int(rows["end"].max())
    made.take_in(Batch(definitions, {layer: part for layer, part in layers.items() if len(part)}, end))
    made.take_in(Batch(list(texts), {}, end))
    return made


def single_file(lanes: int, rounds: int, hold_ms: float, *, while_held: int = State.RUNNING) -> Model:
    """All lanes queue for the lock, round after round."""
    states, holds, time = [], [], 0.0
    for _ in range(rounds):
        for lane in range(lanes):
            if time:
                states.append((lane, time, State.LOCK_WAIT, 1))
            states.append((lane, time + hold_ms, while_held, 0))
            holds.append((lane, time, time + hold_ms))
            time += hold_ms
    return model(lanes, states, holds)


def found_by(detector: Latecomer, made: Model) -> list[Finding]:
    """What a detector finds that uses what others found out."""
    return detector.find(made, Known(made))
