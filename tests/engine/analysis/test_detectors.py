"""Detectors speak when the numbers are there, and are silent when they are not."""

import signal
from typing import Any

import numpy as np
import pytest

from engine.analysis.detectors import (
    abandoned_lock,
    convoy,
    gil_bound,
    held_while_blocked,
    hidden_error,
    lost_process,
    thread_error,
    uneven,
)
from engine.analysis.findings import KEYS, find_all, plain, verdict
from engine.analysis.report import render, summarise
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import HOLD_ROW, SAMPLED, SIGNAL_ROW, STATE_ROW, Layer, State
from tests.engine.analysis.made import MS, START, found_by, model, single_file


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in found]


def test_a_convoy_is_found() -> None:
    found = found_by(convoy, single_file(5, 20, 1.0))
    assert kinds(found) == ["convoy"]
    assert "Lock accounts (bank.py:12)" in found[0]["explanation"]
    assert found[0]["lanes"] == [0, 1, 2, 3, 4]
    assert found[0]["participants"][1]["thread"] == "worker-1"


@pytest.mark.parametrize(
    ("lanes", "rounds"),
    [(2, 50), (5, 3)],
    ids=["two lanes are no convoy", "too little happened"],
)
def test_no_convoy_without_evidence(lanes: int, rounds: int) -> None:
    assert found_by(convoy, single_file(lanes, rounds, 1.0)) == []


def test_a_lock_that_is_seldom_waited_for_is_no_convoy() -> None:
    states = [(lane, 10.0 * step + 1 + lane, State.RUNNING, 0) for step in range(30) for lane in range(4)]
    holds = [(lane, 10.0 * step + lane, 10.0 * step + lane + 0.5) for step in range(30) for lane in range(4)]
    assert find_all(model(4, states, holds)) == []


def test_a_lock_held_in_sleep_is_found() -> None:
    found = found_by(held_while_blocked, single_file(3, 5, 4.0, while_held=State.SLEEP))
    assert kinds(found) == ["lock-held-while-blocked"]
    assert "sleeping" in found[0]["title"]
    assert found[0]["participants"][0]["stack"][-1]["line"] == 40
    assert found[0]["participants"][0]["holds"] == ["Lock accounts (bank.py:12)"]
    assert "doing I/O" in found_by(held_while_blocked, single_file(3, 5, 4.0, while_held=State.IO))[0]["title"]
    assert (
        "held while waiting" in found_by(held_while_blocked, single_file(3, 5, 4.0, while_held=State.WAIT))[0]["title"]
    )


def test_a_lock_of_a_manager_is_held_for_a_client() -> None:
    """By the manager's thread that serves it, which reads its next request meanwhile."""
    made = single_file(3, 5, 4.0, while_held=State.IO)
    for lane in made.lanes:
        lane.target, lane.internal = "Server.handle_request", True
    (found,) = found_by(held_while_blocked, made)
    assert found["title"] == "Lock accounts is held while waiting for the client that took it"


@pytest.mark.parametrize(
    ("line", "subjects"), [(12, {"2 Locks (accounts and audit) are"}), (13, {"Lock accounts is", "Lock audit is"})]
)
def test_locks_that_one_line_made_are_one_finding(line: int, subjects: set[str]) -> None:
    made = single_file(3, 5, 4.0, while_held=State.SLEEP)
    audit = {"type": "primitive", "id": 2, "kind": "Lock", "name": "audit", "file": "bank.py", "line": line}
    states, holds, time = [], [], 60
    for lane in (0, 1, 2) * 5:
        states += [(lane, START + time * MS, State.LOCK_WAIT, 2), (lane, START + (time + 4) * MS, State.SLEEP, 0)]
        holds.append((lane, 2, START + time * MS, START + (time + 4) * MS, 1, 0))
        time += 4
    rows = {Layer.STATES: np.array(states, STATE_ROW), Layer.HOLDS: np.array(holds, HOLD_ROW)}
    detail = {"type": "detail", "id": 2, "primitive": 2, "site": 1}
    made.take_in(Batch([audit, detail], rows, START + time * MS))
    found = found_by(held_while_blocked, made)
    assert {each["title"] for each in found} == {f"{subject} held while sleeping" for subject in subjects}


@pytest.mark.parametrize("at_once", [20_000, 10])
def test_many_short_sleeps_count_as_few_long_ones_do(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(held_while_blocked, "MOST_HOLDS", at_once)
    (found,) = found_by(held_while_blocked, single_file(2, 100, 0.05, while_held=State.SLEEP))
    assert "while sleeping for 10.0 ms (100 % of the time it was held, in 200 holds" in found["explanation"]


def test_a_lock_held_in_sleep_matters_only_when_others_wait() -> None:
    assert found_by(held_while_blocked, single_file(3, 5, 4.0)) == []
    alone = model(2, [(1, 500.0, State.SLEEP, 0), (0, 500.0, State.RUNNING, 0)], [(1, 0.0, 500.0)])
    assert found_by(held_while_blocked, alone) == []


@pytest.mark.parametrize(("slept_ms", "found"), [(3, []), (9, ["lock-held-while-blocked"])])
def test_a_moment_of_sleep_in_a_long_hold_costs_nobody(slept_ms: float, found: list[str]) -> None:
    """As in `with lock: time.sleep(0)`: others wait, but hardly for that."""
    states, holds = [(2, 1.0, State.IDLE, 0)], []
    for step in range(20):
        start = 50.0 * step
        states += [
            (1, start + slept_ms, State.SLEEP, 0),
            (1, start + 10, State.RUNNING, 0),
            (1, start + 50, State.IDLE, 0),
        ]
        states += [(2, start + 9, State.IDLE, 0), (2, start + 10, State.LOCK_WAIT, 1), (2, start + 50, State.IDLE, 0)]
        holds.append((1, start, start + 10))
    assert kinds(found_by(held_while_blocked, model(3, states, holds))) == found


def test_who_only_has_the_lock_is_not_said_to_sleep_in_it() -> None:
    states, holds = [], []
    for step in range(20):
        start = 20.0 * step
        states += [(1, start + 10, State.SLEEP, 0), (1, start + 20, State.RUNNING, 0)]
        states += [
            (2, start + 10, State.LOCK_WAIT, 1),
            (2, start + 19, State.RUNNING, 0),
            (2, start + 19.1, State.WAIT, 0),
        ]
        holds += [(1, start, start + 10), (2, start + 10, start + 19.1)]
    (found,) = found_by(held_while_blocked, model(3, states, holds))
    assert found["lanes"] == [1]


def test_a_lock_at_which_an_idle_daemon_waits_for_work_is_not_held_in_vain() -> None:
    states = [(0, 980.0, State.SLEEP, 0), (0, 1000.0, State.RUNNING, 0)]
    states += [(1, 980.0, State.LOCK_WAIT, 1), (1, 1000.0, State.SLEEP, 0)]
    made = model(2, states, [(0, 0.0, 490.0), (0, 490.0, 980.0), (1, 980.0, 980.1)])
    assert kinds(found_by(held_while_blocked, made)) == ["lock-held-while-blocked"]
    made.lanes[1].daemon = True
    assert found_by(held_while_blocked, made) == []
    workers = single_file(3, 5, 4.0, while_held=State.SLEEP)
    for lane in workers.lanes:
        lane.daemon = True
    assert kinds(found_by(held_while_blocked, workers)) == ["lock-held-while-blocked"], (
        "daemons that hold it up themselves"
    )


def test_what_others_wait_for_only_once_is_not_held_in_vain() -> None:
    """Who comes first makes what all want, under the lock; who comes later finds it made."""
    states = [(1, 50.0, State.SLEEP, 0)] + [(lane, 50.0 + lane, State.LOCK_WAIT, 1) for lane in (2, 3)]
    states += [(lane, 100.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    later = [(lane, 50.0 + lane, 50.5 + lane) for lane in (2, 3)]
    assert found_by(held_while_blocked, model(4, states, [(1, 0.0, 50.0), *later])) == []
    again = [*states, (1, 150.0, State.SLEEP, 0), (2, 150.0, State.LOCK_WAIT, 1)]
    made = model(4, again, [(1, 0.0, 50.0), *later, (1, 100.0, 150.0)])
    assert kinds(found_by(held_while_blocked, made)) == ["lock-held-while-blocked"]


def test_one_hold_that_others_were_stuck_behind_for_seconds_is_told() -> None:
    """As where something is loaded under a lock, late, that all want."""
    states = [(1, 2000.0, State.SLEEP, 0)] + [(lane, 2000.0 + lane, State.LOCK_WAIT, 1) for lane in (2, 3, 4)]
    states += [(lane, 2100.0, State.RUNNING, 0) for lane in range(5)]
    later = [(lane, 2000.0 + lane, 2000.5 + lane) for lane in (2, 3, 4)]
    (found,) = found_by(held_while_blocked, model(5, states, [(1, 0.0, 2000.0), *later]))
    assert "in 1 hold" in found["explanation"]
    assert "others waited 6.01 s" in found["explanation"]


@pytest.mark.parametrize("first", [State.WAIT | SAMPLED, State.RUNNING])
def test_daemons_that_take_turns_at_waiting_for_work_do_not_hold_one_another_up(first: int) -> None:
    """A free-threaded interpreter makes a thread wait for a moment before it waits for work."""
    states: list[tuple[int, float, int, int]] = [(0, 400.0, State.RUNNING, 0)]
    holds, ends = [], {1: 0.0, 2: 0.0}
    for turn in range(20):
        start, lane = 20.0 * turn, 1 + turn % 2
        if ends[lane] < start:
            states.append((lane, start, State.LOCK_WAIT, 1))
        ends[lane] = start + 20
        states += [(lane, start + 1, first, 0), (lane, ends[lane], State.WAIT, 2)]
        holds.append((lane, start, ends[lane]))
    work = {"type": "primitive", "id": 2, "kind": "Queue", "name": "work", "file": "bank.py", "line": 14}
    made = model(3, states, holds, [work, {"type": "detail", "id": 2, "primitive": 2, "site": 1}])
    assert kinds(found_by(held_while_blocked, made)) == ["lock-held-while-blocked"]
    for idle in made.lanes[1:]:
        idle.daemon = True
    assert found_by(held_while_blocked, made) == []


def abandoned(*, daemons: bool, exits_ms: float = 60.0, kind: str = "Lock", terminated: bool = False) -> Model:
    """worker-1 ends at 60 ms and holds what worker-2 waits for until 100 ms."""
    states = [(0, 100.0, State.RUNNING, 0), (1, 60.0, State.WAIT, 0), (2, 50.0, State.RUNNING, 0)]
    states += [(2, 100.0, State.LOCK_WAIT, 1)]
    ends = {0: exits_ms, 1: 60.0, 2: 100.0}
    texts = [
        {"type": "lane-end", "id": lane, "time_ns": START + int(at * MS), "error": ""} for lane, at in ends.items()
    ]
    made = model(3, states, [(1, 10.0, 60.0)], texts)
    made.primitives[1].kind, made.primitives[1].shared = kind, kind.startswith("process")
    for lane in made.lanes[1:]:
        lane.daemon = daemons
    made.processes[0].terminated = terminated
    return made


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (abandoned(daemons=False), True),
        (abandoned(daemons=True), False),  # it ended with its process
        (abandoned(daemons=True, exits_ms=100.0), True),  # while its process went on
        (abandoned(daemons=True, kind="process Lock"), True),  # others may wait for it in other processes
        (abandoned(daemons=True, kind="process Lock", terminated=True), False),  # and were ended, too
    ],
)
def test_a_lock_left_at_the_end_of_its_process_is_not_abandoned(made: Model, found: bool) -> None:
    assert bool(abandoned_lock.find(made)) is found


def test_a_straggler_is_found() -> None:
    states = [(lane, 200.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.RUNNING, 0)]
    found = uneven.find(model(5, states))
    assert kinds(found) == ["straggler"]
    assert found[0]["lanes"] == [4]
    assert "800 ms" in found[0]["explanation"]


def test_lambdas_have_one_name_whatever_they_do() -> None:
    states = [(lane, 200.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.RUNNING, 0)]
    made = model(5, states)
    for lane in made.lanes[1:]:
        lane.target = "main.<locals>.<lambda>"
    assert uneven.find(made) == []


@pytest.mark.parametrize(("last", "found"), [("4", True), ("--count", False)])
def test_programs_do_the_same_when_called_alike_but_for_numbers(last: str, found: bool) -> None:
    """Those of a pipeline do not; shards of one work do."""
    states = [(lane, 200.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.RUNNING, 0)]
    made = model(5, states, processes=5)
    for number, process in enumerate(made.processes):
        process.argv = ["python", "work.py", last if number == 4 else str(number)]
    assert bool(uneven.find(made)) is found


@pytest.mark.parametrize(("parent", "found"), [(0, True), (4, False)])
def test_who_forks_workers_is_none_of_them(parent: int, found: bool) -> None:
    """Though all have its command line, as a server's do."""
    states = [(lane, 200.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.RUNNING, 0)]
    made = model(5, states, processes=5)
    for number, process in enumerate(made.processes):
        process.argv, process.parent = ["python", "serve.py"], 0 if number == 4 else parent
    assert bool(uneven.find(made)) is found


def test_a_lane_that_only_reads_is_no_straggler() -> None:
    states = [(lane, 200.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.IO, 0)]
    assert uneven.find(model(5, states)) == []


def test_one_sleeper_among_workers_is_no_straggler() -> None:
    states = [(lane, 50.0, State.RUNNING, 0) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.SLEEP, 0)]
    assert uneven.find(model(5, states)) == []
    states[:3] = [(lane, 200.0, State.SLEEP, 0) for lane in (1, 2, 3)]
    assert kinds(uneven.find(model(5, states))) == ["straggler"], "whose work is to sleep"


def test_who_gets_the_lock_most_is_no_straggler() -> None:
    states = [(lane, 1000.0, State.LOCK_WAIT, 1) for lane in (1, 2, 3)]
    states += [(0, 1000.0, State.WAIT, 0), (4, 1000.0, State.SLEEP, 0)]
    assert uneven.find(model(5, states)) == []


def test_even_workers_are_no_stragglers() -> None:
    states = [(lane, 900.0 + 30 * lane, State.RUNNING, 0) for lane in range(5)]
    assert uneven.find(model(5, states)) == []
    short = [(lane, 1.0 + 20 * (lane == 4), State.RUNNING, 0) for lane in range(5)]
    assert uneven.find(model(5, short)) == []


def gil_story(waiting: float, **more: Any) -> Any:
    states = []
    for lane in range(4):
        for step in range(20):
            states += [
                (lane, step * 50.0 + waiting * 50, State.GIL_WAIT, 0),
                (lane, step * 50.0 + 50, State.RUNNING, 0),
            ]
    return model(4, states, **more)


def test_gil_bound_threads_are_found() -> None:
    found = gil_bound.find(gil_story(0.7))
    assert kinds(found) == ["gil-bound"]
    assert (found[0]["certainty"], found[0]["severity"]) == ("inferred", "info")
    assert "70 %" in found[0]["explanation"]
    assert gil_bound.find(gil_story(0.1)) == []
    assert gil_bound.find(gil_story(0.7, free_threaded=True)) == []


def end(status: int | None, process: int = 1) -> dict[str, Any]:
    return {"type": "process-end", "id": process, "time_ns": START + 9 * MS, "exit_status": status}


def ended_by(who: str) -> dict[str, Any]:
    return {"type": "program-end", "time_ns": START + 10 * MS, "exit_status": -9, "ended_by": who}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([end(-signal.SIGSEGV)], ["lost-worker"]),
        ([end(-signal.SIGKILL), ended_by("itself")], ["lost-worker"]),
        ([end(3)], ["lost-worker"]),
        ([end(1, 0)], ["program-failed"]),
        ([end(0), end(0, 0)], []),
        ([], []),
        ([end(-signal.SIGKILL), end(-signal.SIGKILL, 0), ended_by("deadlock")], []),
        ([end(-signal.SIGTERM), ended_by("stop")], []),
        ([end(-signal.SIGINT, 0), ended_by("time limit")], []),
        ([end(128 + signal.SIGINT, 0), ended_by("deadlock")], []),
        ([end(1, 0), ended_by("deadlock")], []),
        ([end(-signal.SIGSEGV), ended_by("stop")], ["lost-worker"]),
        ([end(-signal.SIGTERM)], ["lost-worker"]),
        ([end(-signal.SIGTERM) | {"terminated": True}], []),
    ],
)
def test_lost_processes(texts: list[dict[str, Any]], expected: list[str]) -> None:
    states = [(lane, 10.0, State.RUNNING, 0) for lane in range(4)]
    found = lost_process.find(model(4, states, texts=texts, processes=2))
    assert kinds(found) == expected
    if expected == ["lost-worker"] and texts[0]["exit_status"] == -signal.SIGSEGV:
        assert "SIGSEGV (signal 11)" in found[0]["title"]
        assert found[0]["participants"][0]["process"] == 101


def test_the_status_of_the_program_is_its_own_affair() -> None:
    states = [(lane, 10.0, State.RUNNING, 0) for lane in range(4)]
    (program,) = lost_process.find(model(4, states, texts=[end(7, 0)], processes=2))
    (worker,) = lost_process.find(model(4, states, texts=[end(7, 1)], processes=2))
    failed = [{"type": "lane-error", "id": 2, "error": "ValueError: no", "stack": 0}, end(7, 1)]
    (raised,) = lost_process.find(model(4, states, texts=failed, processes=2))
    assert (program["severity"], worker["severity"], raised["severity"]) == ("info", "info", "warning")
    assert "ValueError: no" in raised["explanation"]
    assert "worker" not in program["advice"]
    assert "worker" in raised["advice"]


def test_a_thread_that_an_exception_ended() -> None:
    error = {"type": "lane-end", "id": 1, "time_ns": START + 5 * MS, "error": "ValueError: no such account"}
    made = model(3, [(lane, 5.0, State.RUNNING, 0) for lane in range(3)], texts=[error])
    found = thread_error.find(made)
    assert kinds(found) == ["thread-error"]
    assert "ValueError: no such account" in found[0]["explanation"]


def test_an_interrupt_of_ours_is_no_error() -> None:
    error = {"type": "lane-end", "id": 1, "time_ns": START + 5 * MS, "error": "KeyboardInterrupt"}
    states = [(lane, 5.0, State.RUNNING, 0) for lane in range(3)]
    assert thread_error.find(model(3, states, texts=[error, ended_by("stop")])) == []
    assert len(thread_error.find(model(3, states, texts=[error, ended_by("itself")]))) == 1


@pytest.mark.parametrize(("error", "told"), [("SystemExit: ", False), ("KeyError: 1", True)])
def test_a_job_that_lanescope_interrupted_did_not_fail(error: str, told: bool) -> None:
    pool = {"type": "primitive", "id": 2, "kind": "Executor", "name": "pool", "file": "bank.py", "line": 9}
    fate = {"type": "job-error", "primitive": 2, "job": 1, "what": "kept", "process": 0, "error": error}
    texts = [pool, {**fate, "time_ns": START + 5 * MS}, ended_by("deadlock")]
    made = model(3, [(lane, 5.0, State.RUNNING, 0) for lane in range(3)], texts=texts)
    assert bool(hidden_error.find(made)) is told


@pytest.mark.parametrize(("releaser", "told"), [(None, True), (1, True), (2, False)])
def test_a_long_wait_that_another_thread_ended_as_meant_is_told_no_more(releaser: int | None, told: bool) -> None:
    wait = {
        "type": "finding", "id": 1, "kind": "long-wait", "severity": "info", "lanes": [1],
        "start_ns": START, "end_ns": START + 3 * MS, "edges": [{"waiter": 1, "holder": 1, "primitive": 1}],
    }  # fmt: skip
    made = model(3, [(lane, 5.0, State.RUNNING, 0) for lane in range(3)], texts=[wait])
    if releaser is not None:
        made.take_in(
            Batch([], {Layer.SIGNALS: np.array([(releaser, 1, START + 3 * MS, 1)], SIGNAL_ROW)}, START + 5 * MS)
        )
    assert (kinds(list(made.findings.values())) == ["long-wait"]) is told, "by the window too"
    assert (kinds(find_all(made)) == ["long-wait"]) is told
    made.take_in(Batch([{**wait, "resolved_ns": START + 3 * MS}], {}, START + 6 * MS))
    assert (kinds(find_all(made)) == ["long-wait"]) is told, "its end is told of later"


def test_findings_have_what_is_promised_and_come_by_severity() -> None:
    deadlock = {
        "type": "finding", "id": 1, "kind": "deadlock", "severity": "error", "certainty": "observed", "lanes": [0, 1],
        "cause": "lock-cycle", "title": "Deadlock", "explanation": "x", "advice": "y", "participants": [],
        "start_ns": START, "end_ns": START, "edges": [], "resolved_ns": None,
    }  # fmt: skip
    error = {"type": "lane-end", "id": 1, "time_ns": START + 5 * MS, "error": "ValueError"}
    made = model(3, [(lane, 5.0, State.RUNNING, 0) for lane in range(3)], texts=[error])
    assert verdict(find_all(made)) == "clean"
    made = model(3, [(lane, 5.0, State.RUNNING, 0) for lane in range(3)], texts=[error, deadlock])
    found = find_all(made)
    assert kinds(found) == ["deadlock", "thread-error"]
    assert verdict(found) == "deadlock"
    assert verdict([{**deadlock, "certainty": "predicted"}]) == "potential"
    for each in found:
        assert tuple(plain(each)) == KEYS
        assert None not in [value for key, value in plain(each).items() if key != "cause"]


def test_the_main_thread_of_a_worker_process_goes_by_its_name() -> None:
    made = Model({"start_ns": START})
    names = (("bank.py", None), ("Kind-1", 0), ("Kind-2", 0), ("Kind-2", 0))
    made.take_in(
        Batch(
            [
                {"type": "process", "id": n, "pid": 100 + n, "start_ns": START, "name": name, "parent": parent}
                for n, (name, parent) in enumerate(names)
            ]
            + [
                {"type": "lane", "id": n, "process": n, "serial": 1, "start_ns": START, "name": "MainThread"}
                for n in range(len(names))
            ],
            {},
            START + MS,
        )
    )
    assert [made.lane_label(n) for n in range(4)] == ["MainThread", "Kind-1", "Kind-2 (102)", "Kind-2 (103)"]
    made.take_in(Batch([{"type": "lane-name", "id": 1, "name": "Kind-2", "time_ns": START + MS}], {}, START + 2 * MS))
    assert [made.lane_label(n) for n in (1, 2)] == ["Kind-2 (101)", "Kind-2 (102)"]
    made.take_in(
        Batch([{"type": "lane-name", "id": 1, "name": "MainThread", "time_ns": START + MS}], {}, START + 3 * MS)
    )
    text = render(summarise(made))
    assert "  MainThread (100) " in text
    assert "  Kind-1 (101) " in text
