"""What waits that ended say about the order of lanes: jobs, notifications between processes, tasks of a queue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.analysis import outcomes
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
job.get()
permits.acquire()
pipe.recv()
pipe.send(1)
"""
RESULT, IN_TIME, ANY, NOTIFIED, DONE, POOLED, PERMIT, ASKED, SENT = range(1, 10)  # lines of it
EXECUTOR, CONDITION, QUEUE, LOCK, POOL, PERMITS, PIPE = 1, 2, 3, 4, 6, 7, 8
SITE = 9
KINDS = {EXECUTOR: "Executor", CONDITION: "process Condition", QUEUE: "Queue", LOCK: "Lock", POOL: "Pool", PIPE: "Pipe"}
KINDS |= {PERMITS: "process Semaphore"}
AWAITED = {RESULT: EXECUTOR, IN_TIME: EXECUTOR, ANY: EXECUTOR, NOTIFIED: CONDITION, DONE: QUEUE, POOLED: POOL}
AWAITED |= {PERMIT: PERMITS, ASKED: PIPE, SENT: PIPE}


def order(
    line: int,
    *,
    tasks: Sequence[tuple[int, int, int]] = (),
    signals: Sequence[tuple[int, int]] = (),
    holds: Sequence[tuple[int, int, int]] = (),
    nested: Sequence[tuple[int, int]] = (),
    waits: Sequence[tuple[int, int, int, int]] = (),
    source: str = "",
    permits: int | None = 0,
    doubtful: bool = False,
) -> StartOrder:
    """Lane 0 waits from 100 to 200 at that line; 1 and 2 work (lane, start, end), signal and nest (lane, time).
    `waits`: more of them (lane, start, end, line). `source`: what else there is."""
    texts: list[dict[str, Any]] = [{"type": "process", "id": 0, "pid": 1, "start_ns": 0}]
    texts += [{"type": "lane", "id": n, "process": 0, "serial": n + 1, "start_ns": 0} for n in range(3)]
    texts += [{"type": "primitive", "id": n, "kind": kind, "capacity": permits} for n, kind in KINDS.items()]
    texts += [{"type": "site", "id": n, "file": "a.py", "line": n} for n in AWAITED]
    texts += [{"type": "source", "file": "a.py", "text": SOURCE + source}]
    texts += [{"type": "detail", "id": n, "primitive": AWAITED[n], "site": n} for n in AWAITED]
    texts += [{"type": "executor-worker", "primitive": n, "lane": lane} for n in (EXECUTOR, POOL) for lane in (1, 2)]
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
    states = [(0, 100, State.RUNNING, 0), (0, 200, State.WAIT, line), (0, 300, State.RUNNING, 0)]
    for lane, start, end, at in waits:
        states += [(lane, start, State.RUNNING, 0), (lane, end, State.WAIT, at)]
    rows = {
        Layer.STATES: np.array(sorted(states), STATE_ROW),
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


@pytest.mark.parametrize("more", ["job.add_done_callback(tell)", "job.cancel()", "job.set_result(1)"])
def test_a_future_that_may_be_more_than_its_job_is_doubtful(more: str) -> None:
    """Callbacks run after the result is there, in the job's time; a cancelled job's result is got without it."""
    assert not order(RESULT, tasks=[(1, 50, 190)], source=more).ordered((1, 180), (0, 210))
    assert order(RESULT, tasks=[(1, 50, 190)], source=more, doubtful=True).before((1, 180), (0, 210))


def test_the_result_of_a_pool_may_have_been_on_its_way_when_it_was_asked_for() -> None:
    assert order(POOLED, tasks=[(1, 50, 190)]).before((1, 180), (0, 210))
    assert not order(POOLED, tasks=[(1, 50, 190), (2, 40, 99)]).ordered((1, 180), (0, 210)), "over, but not told"
    assert order(POOLED, tasks=[(1, 50, 190), (2, 40, 220)]).before((1, 180), (0, 210)), "over after it had come"


@pytest.mark.parametrize(("permits", "is_known"), [(0, True), (1, False), (None, False)])
def test_a_permit_that_may_have_been_there_says_nothing(permits: int | None, is_known: bool) -> None:
    known = order(PERMIT, signals=[(1, 190)], permits=permits)
    assert known.before((1, 180), (0, 210)) == is_known


def test_who_writes_to_a_pipe_itself_is_answered_only_by_who_reads_there() -> None:
    sent, asked = (1, 150, 190, SENT), (0, 20, 30, SENT)
    assert order(ASKED, waits=[sent]).before((1, 140), (0, 210))
    assert not order(ASKED, waits=[asked, sent]).ordered((1, 140), (0, 210)), "it may have got its own message"
    assert order(ASKED, waits=[asked, (1, 10, 40, ASKED), sent]).before((1, 140), (0, 210)), "asked and answered"


def test_messages_that_were_not_looked_for_may_have_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = [(1, 150, 190, SENT), (2, 10, 20, PERMIT), (2, 30, 40, SENT)]
    assert not order(ASKED, waits=waits).ordered((1, 140), (0, 210)), "any of the two"
    assert order(ASKED, waits=waits[:2]).before((1, 140), (0, 210))
    monkeypatch.setattr(outcomes, "MOST_WAITS", 1)
    monkeypatch.setattr(outcomes, "PIECE", 2)
    assert not order(ASKED, waits=waits).ordered((1, 140), (0, 210))
    assert not order(ASKED, waits=waits[:2]).ordered((1, 140), (0, 210)), "perhaps there are more"


def test_waits_are_looked_for_in_all_of_a_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "PIECE", 2)
    earlier = [(0, 10 * n, 10 * n + 5, PERMIT) for n in range(1, 9)]
    assert order(RESULT, waits=earlier, tasks=[(1, 50, 190)]).before((1, 180), (0, 210))


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
