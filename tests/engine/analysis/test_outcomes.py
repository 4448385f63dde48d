"""What waits that ended say about the order of lanes: jobs, notifications between processes, tasks of a queue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.analysis.start_order import StartOrder
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, SIGNAL_ROW, STATE_ROW, TASK_ROW, Layer, State

SOURCE = """\
job.result()
job.result(5)
for job in as_completed(jobs): pass
change.wait()
work.join()
"""
RESULT, IN_TIME, ANY, NOTIFIED, DONE = range(1, 6)  # lines of it
EXECUTOR, CONDITION, QUEUE, LOCK = 1, 2, 3, 4
SITE = 9
KINDS = {EXECUTOR: "Executor", CONDITION: "process Condition", QUEUE: "Queue", LOCK: "Lock"}
AWAITED = {RESULT: EXECUTOR, IN_TIME: EXECUTOR, ANY: EXECUTOR, NOTIFIED: CONDITION, DONE: QUEUE}


def order(
    line: int,
    *,
    tasks: Sequence[tuple[int, int, int]] = (),
    signals: Sequence[tuple[int, int]] = (),
    holds: Sequence[tuple[int, int, int]] = (),
    nested: Sequence[tuple[int, int]] = (),
    doubtful: bool = False,
) -> StartOrder:
    """Lane 0 waits from 100 to 200 at that line; 1 and 2 work (lane, start, end), signal and nest (lane, time)."""
    texts: list[dict[str, Any]] = [{"type": "process", "id": 0, "pid": 1, "start_ns": 0}]
    texts += [{"type": "lane", "id": n, "process": 0, "serial": n + 1, "start_ns": 0} for n in range(3)]
    texts += [{"type": "primitive", "id": n, "kind": kind} for n, kind in KINDS.items()]
    texts += [
        {"type": "site", "id": line, "file": "a.py", "line": line},
        {"type": "source", "file": "a.py", "text": SOURCE},
    ]
    texts += [{"type": "detail", "id": 1, "primitive": AWAITED[line], "site": line}]
    texts += [{"type": "executor-worker", "primitive": EXECUTOR, "lane": n} for n in (1, 2)]
    texts += [
        {
            "type": "nesting",
            "lane": lane,
            "time_ns": time,
            "primitive": LOCK,
            "stack": SITE,
            "waits": 1,
            "held": [[5, SITE]],
        }
        for lane, time in nested
    ]
    states = [(0, 100, State.RUNNING, 0), (0, 200, State.WAIT, 1), (0, 300, State.RUNNING, 0)]
    rows = {
        Layer.STATES: np.array(states, STATE_ROW),
        Layer.TASKS: np.array([(*task, 0, 0) for task in tasks], TASK_ROW),
        Layer.SIGNALS: np.array([(lane, AWAITED[line], time, 1) for lane, time in signals], SIGNAL_ROW),
        Layer.HOLDS: np.array([(lane, LOCK, start, end, SITE, 0) for lane, start, end in holds], HOLD_ROW),
    }
    model = Model({"start_ns": 0})
    model.take_in(Batch(texts, {layer: part for layer, part in rows.items() if len(part)}, 300))
    return StartOrder(model, doubtful=doubtful)


def test_a_job_comes_before_its_result() -> None:
    known = order(RESULT, tasks=[(1, 50, 190)])
    assert known.before((1, 180), (0, 210))
    assert not known.before((1, 180), (0, 190)), "it has not been got yet"
    assert not known.ordered((1, 205), (0, 210)), "the worker goes on"


def test_any_of_two_jobs_may_have_been_waited_for() -> None:
    both = [(1, 50, 190), (2, 50, 195)]
    assert not order(RESULT, tasks=both).ordered((1, 180), (0, 210))
    assert order(RESULT, tasks=[(1, 50, 190), (2, 10, 40)]).before((1, 180), (0, 210)), "the other was over before"


@pytest.mark.parametrize("line", [IN_TIME, ANY])
def test_with_a_timeout_or_for_any_job_it_is_doubtful(line: int) -> None:
    assert not order(line, tasks=[(1, 50, 190)]).before((1, 180), (0, 210))
    assert order(line, tasks=[(1, 50, 190)], doubtful=True).before((1, 180), (0, 210))


def test_what_is_done_again_untold_says_nothing() -> None:
    jobs = [(1, 50, 190), (1, 220, 260)]
    again = [(1, 60, 70), (1, 230, 240)]
    assert not order(RESULT, tasks=jobs, holds=again, nested=[(1, 65)]).before((1, 65), (0, 210))
    assert order(RESULT, tasks=jobs, holds=again[:1], nested=[(1, 65)]).before((1, 65), (0, 210))
    assert order(RESULT, tasks=jobs, holds=again, nested=[(1, 65), (1, 235)]).before((1, 65), (0, 210)), "told anew"


@pytest.mark.parametrize("line", [NOTIFIED, DONE])
def test_notifications_and_tasks_done_are_doubtful(line: int) -> None:
    assert not order(line, signals=[(1, 190)]).before((1, 180), (0, 210))
    assert order(line, signals=[(1, 190)], doubtful=True).before((1, 180), (0, 210))
