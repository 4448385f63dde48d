"""One lock in detail, and the findings that rest on who holds what for how long."""

from typing import Any

import numpy as np
import pytest

from engine.analysis.contention import LockProfile
from engine.analysis.detectors import costly_hold, forked_threads, leak, pool_starvation
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import STATE_ROW, TASK_ROW, Layer, State
from tests.engine.analysis.made import MS, START, found_by, model, single_file


def test_a_profile_says_who_blocked_whom() -> None:
    # Lane 1 holds for 10 ms while 2 and 3 wait, then 2 for 5 ms while 3 goes on waiting.
    states = [
        (1, 10, State.RUNNING, 0), (1, 20, State.SLEEP, 0),
        (2, 10, State.LOCK_WAIT, 1), (2, 20, State.RUNNING, 0),
        (3, 15, State.LOCK_WAIT, 1), (3, 20, State.RUNNING, 0),
    ]  # fmt: skip
    made = model(4, states, [(1, 0, 10), (2, 10, 15), (3, 15, 16)])
    profile = LockProfile(made, 1).finish()
    assert [(each.holder, each.waiter, each.total_ns // MS) for each in profile.blockings] == [
        (1, 2, 10), (1, 3, 10), (2, 3, 5),
    ]  # fmt: skip
    (line,) = profile.lines
    assert (line.holds, line.total_ns, line.longest_ns, line.blocked_ns) == (3, 16 * MS, 10 * MS, 25 * MS)
    assert profile.fairness == pytest.approx(1.0)
    assert profile.users == [(1, 1), (2, 1), (3, 1)]
    assert profile.wait_histogram.sum() == 2
    assert profile.hold_histogram.sum() == 3
    assert profile.waiters(START, 5 * MS, 4).tolist() == pytest.approx([2, 2, 1, 0])


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    made = single_file(4, 30, 3)
    whole = LockProfile(made, 1).finish()
    for name in ("SLICES_AT_ONCE", "OVERLAPS_AT_ONCE"):
        monkeypatch.setattr(f"engine.analysis.contention.{name}", 7)
    pieces = LockProfile(made, 1)
    steps = 0
    while pieces.advance():
        steps += 1
    assert steps > 15
    assert pieces.blockings == whole.blockings
    assert pieces.lines == whole.lines
    assert np.array_equal(pieces.waits, whole.waits)


def test_a_line_that_holds_long_is_costly() -> None:
    states: list[tuple[int, float, State, int]] = [(1, 400, State.RUNNING, 0), (1, 1000, State.IDLE, 0)]
    holds = [(1, 80.0 * n, 80.0 * n + 60) for n in range(5)]
    for lane in (2, 3):
        for n in range(5):
            states += [(lane, 80 * n + 60, State.LOCK_WAIT, 1), (lane, 80 * n + 80, State.RUNNING, 0)]
            holds.append((lane, 80.0 * n + 60 + 3 * (lane - 2), 80.0 * n + 62 + 3 * (lane - 2)))
        states.append((lane, 500, State.IDLE, 0))
    (found,) = found_by(costly_hold, model(4, states, sorted(holds, key=lambda hold: hold[1])))
    assert found["kind"] == "costly-hold"
    assert "bank.py:40" in found["title"]
    holders = {lane for lane, each in zip(found["lanes"], found["participants"], strict=True) if each["holds"]}
    assert holders == {1, 2, 3}, "all take it at that line"
    assert found_by(costly_hold, model(4, [(lane, 100, State.RUNNING, 0) for lane in range(4)], [(1, 0, 50)])) == []


def processes(*, forked_ms: float, held: bool) -> Model:
    """The parent has a main thread and two more until 100 ms; a child is forked."""
    holds = [(1, 0.0, 90.0)] if held else []
    made = model(3, [(lane, 100, State.RUNNING, 0) for lane in range(3)], holds)
    moment = START + int(forked_ms * MS)
    child = {
        "type": "process",
        "id": 1,
        "pid": 200,
        "parent": 0,
        "start_ns": moment + MS,
        "launched_ns": moment,
        "name": "child",
        "how": "fork",
    }
    ends = [{"type": "lane-end", "id": lane, "time_ns": START + 100 * MS, "error": ""} for lane in (1, 2)]
    take(made, [child, *ends])
    return made


def take(made: Model, texts: list[dict[str, Any]]) -> None:
    made.take_in(Batch(texts, {}, made.end_ns))


def test_a_fork_beside_running_threads_is_told() -> None:
    (found,) = forked_threads.find(processes(forked_ms=50, held=True))
    assert (found["kind"], found["severity"]) == ("fork-with-threads", "warning")
    assert "worker-1 held Lock accounts" in found["explanation"]
    assert [bool(each["holds"]) for each in found["participants"]] == [False, True, False]
    (calm,) = forked_threads.find(processes(forked_ms=50, held=False))
    assert calm["severity"] == "info"
    assert forked_threads.find(processes(forked_ms=150, held=False)) == [], "the threads had ended"


def lanes(count: int, every_ms: float, *, end_at_ms: float | None = None) -> Model:
    """Threads that start one after the other and wait; the program runs for a second."""
    made = Model({"start_ns": START})
    texts: list[dict[str, Any]] = [{"type": "process", "id": 0, "pid": 1, "start_ns": START, "name": "python"}]
    rows = []
    for number in range(count + 1):
        start = START + int(number * every_ms * MS)
        name = f"Thread-{number}" if number else "MainThread"
        texts.append(
            {"type": "lane", "id": number, "process": 0, "serial": number + 1, "start_ns": start, "name": name}
        )
        end = START + int((end_at_ms or 1000) * MS) if number else START + 1000 * MS
        rows.append((number, end, State.WAIT if number else State.RUNNING, 0))
        if number and end_at_ms is not None:
            texts.append({"type": "lane-end", "id": number, "time_ns": end, "error": ""})
    made.take_in(Batch(texts, {Layer.STATES: np.array(rows, STATE_ROW)}, START + 1000 * MS))
    return made


def test_threads_that_pile_up_are_a_leak() -> None:
    (found,) = leak.find(lanes(12, 70))
    assert found["kind"] == "thread-leak"
    assert found["lanes"] == list(range(1, 13))
    parent_ended = lanes(12, 70, end_at_ms=930)
    take(parent_ended, [{"type": "lane-end", "id": 0, "time_ns": START + 920 * MS, "error": ""}])
    assert [each["kind"] for each in leak.find(parent_ended)] == ["thread-leak"], "the end of the program ended them"
    assert leak.find(lanes(12, 1)) == [], "started together: a pool"
    assert leak.find(lanes(5, 150)) == [], "too few"
    assert leak.find(lanes(12, 70, end_at_ms=900)) == [], "they have ended"


def test_a_pool_whose_workers_all_wait_starves() -> None:
    pool = [
        {"type": "primitive", "id": 2, "kind": "Executor", "name": "pool", "file": "bank.py", "line": 3},
        *({"type": "executor-worker", "primitive": 2, "lane": lane} for lane in (1, 2)),
    ]
    waiting = [(lane, 1000, State.WAIT, 1) for lane in (1, 2)] + [(0, 1000, State.RUNNING, 0)]
    assert pool_starvation.find(model(3, waiting, (), pool)) == [], "nothing else was given to it"
    made = model(3, [*waiting, (1, 1001, State.RUNNING, 0)], (), pool)
    tasks = [(1, START, START + 990 * MS, 0, 0), (1, START + 991 * MS, START + 992 * MS, 0, 0)]
    made.take_in(Batch([], {Layer.TASKS: np.array(tasks, TASK_ROW)}, made.end_ns))
    (found,) = pool_starvation.find(made)
    assert found["kind"] == "pool-starvation"
    assert "1 other task could begin only when one of these had ended" in found["explanation"]
    assert "most for Lock accounts (bank.py:12)" in found["explanation"]
    assert found["severity"] == "info"
    made.details[1] = (2, 1)
    (found,) = pool_starvation.find(made)
    assert "most for other tasks of its own" in found["explanation"]
    assert (found["severity"], found["advice"]) == ("warning", pool_starvation.OWN_ADVICE), "no worker is left for them"
    idle = [(lane, 1000, State.IDLE, 0) for lane in (1, 2)] + [(0, 1000, State.RUNNING, 0)]
    assert pool_starvation.find(model(3, idle, (), pool)) == []


def test_processes_that_take_a_lock_at_the_same_line_do_so_at_one() -> None:
    """Each process has sites of its own."""
    sites = [{"type": "site", "id": 2, "file": "bank.py", "line": 40, "function": "transfer"}]
    sites += [{"type": "site", "id": 3, "file": "bank.py", "line": 50, "function": "report"}]
    holds = [(0, 0.0, 30.0), (1, 30.0, 50.0, 2), (2, 50.0, 55.0, 3), (0, 55.0, 60.0)]
    made = model(3, [(lane, 60.0, State.RUNNING, 0) for lane in range(3)], holds, sites)
    profile = LockProfile(made, 1).finish()
    assert [(line.site and line.site.line, line.holds, line.total_ns, line.longest_ns) for line in profile.lines] == [
        (40, 3, 55 * MS, 30 * MS),
        (50, 1, 5 * MS, 5 * MS),
    ]
    assert profile.holds_at(profile.lines[0])[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("idle_from_ms", "found"), [(1000, True), (300, False)], ids=["at the end", "in between"])
def test_a_worker_without_work_at_the_end_did_not_have_it_before(idle_from_ms: int, found: bool) -> None:
    pool = [
        {"type": "primitive", "id": 2, "kind": "Pool", "name": "pool", "file": "bank.py", "line": 3},
        *({"type": "executor-worker", "primitive": 2, "lane": lane} for lane in (1, 2)),
    ]
    states = [(0, 1500.0, State.RUNNING, 0), (1, 1300.0, State.WAIT, 1)]
    states += [(2, idle_from_ms, State.WAIT, 1), (2, idle_from_ms + 300, State.IDLE, 0)]
    states += [(2, 1300.0, State.WAIT, 1)] if idle_from_ms < 1000 else []
    made = model(3, states, (), pool)
    spans = [(1, 0, 600), (1, 601, 1300), (2, 0, idle_from_ms // 2), (2, idle_from_ms // 2 + 1, idle_from_ms)]
    spans += [(2, idle_from_ms + 300, 1300)] if idle_from_ms < 1000 else []
    tasks = [(lane, START + start * MS, START + end * MS, 0, 0) for lane, start, end in spans]
    made.take_in(Batch([], {Layer.TASKS: np.array(tasks, TASK_ROW)}, made.end_ns))
    assert bool(pool_starvation.find(made)) is found


def test_who_forked_is_who_was_not_blocked() -> None:
    other = model(2, [(0, 100, State.WAIT, 0), (1, 100, State.RUNNING, 0)], [(0, 0.0, 90.0)])
    take(
        other,
        [
            {
                "type": "process",
                "id": 1,
                "pid": 2,
                "parent": 0,
                "start_ns": START + 51 * MS,
                "launched_ns": START + 50 * MS,
                "name": "child",
                "how": "fork",
            }
        ],
    )
    (found,) = forked_threads.find(other)
    assert "forked by worker-1 while MainThread ran" in found["explanation"]
    assert "MainThread held Lock accounts" in found["explanation"]
