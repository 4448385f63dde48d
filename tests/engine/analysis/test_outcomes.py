"""What waits that ended say about the order of lanes: messages, notifications between processes, tasks of a queue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from engine.analysis.order import outcomes
from engine.analysis.order.start_order import StartOrder
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, SIGNAL_ROW, STATE_ROW, Layer, State

SOURCE = """\
change.wait()
work.join()
permits.acquire()
pipe.recv()
pipe.send(1)
ready.acquire()
"""
NOTIFIED, DONE, PERMIT, ASKED, SENT, READY = range(1, 7)  # lines of it
CONDITION, QUEUE, LOCK, PERMITS, PIPE, POOL, BATON = 2, 3, 4, 7, 8, 10, 11
SITE = 9
KINDS = {CONDITION: "process Condition", QUEUE: "Queue", LOCK: "Lock", PIPE: "Pipe", POOL: "Pool"}
KINDS |= {PERMITS: "process Semaphore", BATON: "Lock"}
AWAITED = {NOTIFIED: CONDITION, DONE: QUEUE, PERMIT: PERMITS, ASKED: PIPE, SENT: PIPE, READY: BATON}


def order(
    line: int,
    *,
    signals: Sequence[tuple[int, int]] = (),
    holds: Sequence[tuple[int, int, int]] = (),
    took: Sequence[tuple[int, int, int]] = (),
    nested: Sequence[tuple[int, int]] = (),
    waits: Sequence[tuple[int, int, int, int]] = (),
    workers: Sequence[int] = (),
    permits: int | None = 0,
    doubtful: bool = False,
    lossy: Sequence[int] = (),
) -> StartOrder:
    """Lane 0 waits from 100 to 200 at that line; 1 and 2 signal and nest (lane, time), or are `workers` of a pool.
    `took`: who held the baton from when to when; all end at 300. `waits`: more of them (lane, start,
    end, line). `lossy`: lanes that lost records.
    """
    texts: list[dict[str, Any]] = [{"type": "process", "id": 0, "pid": 1, "start_ns": 0}]
    texts += [{"type": "lane", "id": n, "process": 0, "serial": n + 1, "start_ns": 0} for n in range(3)]
    texts += [{"type": "primitive", "id": n, "kind": kind, "capacity": permits} for n, kind in KINDS.items()]
    texts += [{"type": "site", "id": n, "file": "a.py", "line": n} for n in AWAITED]
    texts += [{"type": "source", "file": "a.py", "text": SOURCE}]
    texts += [{"type": "detail", "id": n, "primitive": AWAITED[n], "site": n} for n in AWAITED]
    texts += [{"type": "overhead", "dropped": len(lossy), "lossy": list(lossy)}]
    texts += [{"type": "executor-worker", "primitive": POOL, "lane": lane} for lane in workers]
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
    texts += [{"type": "lane-end", "id": n, "time_ns": 300, "error": ""} for n in range(3) if took]
    states = [(0, 100, State.RUNNING, 0), (0, 200, State.WAIT, line), (0, 300, State.RUNNING, 0)]
    for lane, start, end, at in waits:
        states += [(lane, start, State.RUNNING, 0), (lane, end, State.WAIT, at)]
    rows = {
        Layer.STATES: np.array(sorted(states), STATE_ROW),
        Layer.SIGNALS: np.array([(lane, AWAITED[line], time, 1) for lane, time in signals], SIGNAL_ROW),
        Layer.HOLDS: np.array(
            [(lane, LOCK, start, end, SITE, 0) for lane, start, end in holds]
            + [(lane, BATON, start, end, SITE, 0) for lane, start, end in took],
            HOLD_ROW,
        ),
    }
    model = Model({"start_ns": 0})
    model.take_in(Batch(texts, {layer: part for layer, part in rows.items() if len(part)}, 300))
    return StartOrder(model, doubtful=doubtful)


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


def test_who_may_have_to_do_with_what_is_missing_is_known_and_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = (1, 150, 190, SENT)
    assert untold(order(ASKED, waits=[sent])) == ({}, {})
    lost = untold(order(ASKED, waits=[sent], lossy=[2]))
    assert lost == ({1: 0, 2: 0}, {0: 0, 2: 0}), "who sends may have sent to it, who receives received from it"
    assert untold(order(PERMIT, signals=[(1, 190)], lossy=[2])) == lost
    monkeypatch.setattr(outcomes, "MOST_WAITS", 1)
    monkeypatch.setattr(outcomes, "PIECE", 2)
    givers, receivers = untold(order(ASKED, waits=[(2, 10, 20, PERMIT), sent]))
    assert (givers[2], receivers[2]) == (20, 20), "the first wait that was not looked at may come then"
    assert (givers[1], receivers[0]) == (20, 20)


def test_lost_records_matter_only_where_they_may_tell_of_gifts() -> None:
    model = Model({"start_ns": 0})
    texts: list[dict[str, Any]] = [
        {"type": "process", "id": 0, "pid": 1, "start_ns": 0},
        {"type": "lane", "id": 0, "process": 0, "serial": 1, "start_ns": 0},
        {"type": "primitive", "id": 1, "kind": "Queue"},
        {"type": "overhead", "dropped": 1, "lossy": [0]},
    ]
    model.take_in(Batch(texts, {}, 300))
    assert untold(StartOrder(model)) == ({}, {})
    model.take_in(Batch([{"type": "primitive", "id": 2, "kind": "Pipe"}], {}, 301))
    assert untold(StartOrder(model)) == ({0: 0}, {0: 0})


def untold(known: StartOrder) -> tuple[dict[int, int], dict[int, int]]:
    for _ in known.prepare():
        pass
    return known.outcomes.untold.givers, known.outcomes.untold.receivers


def test_of_what_may_be_lost_nothing_is_said() -> None:
    given = [(1, 190)]
    assert order(PERMIT, signals=given).before((1, 180), (0, 210))
    assert not order(PERMIT, signals=given, lossy=[2]).before((1, 180), (0, 210)), "lane 2 may have given it"
    assert not order(DONE, signals=given, lossy=[2], doubtful=True).before((1, 180), (0, 210))


def test_waits_are_looked_for_in_all_of_a_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "PIECE", 2)
    earlier = [(0, 10 * n, 10 * n + 5, PERMIT) for n in range(1, 9)]
    assert order(PERMIT, waits=earlier, signals=[(1, 5)]).before((1, 1), (0, 210))


def test_what_is_done_again_untold_says_nothing() -> None:
    again = [(1, 60, 70), (1, 230, 240)]
    given = [(1, 190)]
    assert not order(PERMIT, signals=given, holds=again, nested=[(1, 65)]).before((1, 65), (0, 210))
    assert order(PERMIT, signals=given, holds=again[:1], nested=[(1, 65)]).before((1, 65), (0, 210))
    assert order(PERMIT, signals=given, holds=again, nested=[(1, 65), (1, 235)]).before((1, 65), (0, 210)), "told anew"


def test_another_worker_may_do_what_a_worker_does() -> None:
    assert order(PERMIT, signals=[(1, 190)]).before((1, 180), (0, 210))
    assert not order(PERMIT, signals=[(1, 190)], workers=[1, 2]).before((1, 180), (0, 210))


@pytest.mark.parametrize("line", [NOTIFIED, DONE, READY])
def test_notifications_and_tasks_done_are_doubtful(line: int) -> None:
    assert not order(line, signals=[(1, 190)]).before((1, 180), (0, 210))
    assert order(line, signals=[(1, 190)], doubtful=True).before((1, 180), (0, 210))


def test_a_lock_that_is_released_by_whoever_took_it_is_no_baton() -> None:
    given = [(1, 190)]
    assert order(READY, signals=given, took=[(2, 200, 300)], doubtful=True).before((1, 180), (2, 210)), "and not waited"
    assert not order(READY, signals=given, took=[(2, 200, 250)], doubtful=True).before((1, 180), (2, 210))
    assert not order(READY, signals=given, took=[(2, 20, 50)], doubtful=True).before((1, 180), (0, 210))
    assert not order(READY, doubtful=True).before((1, 180), (0, 210)), "nobody else has released it"
