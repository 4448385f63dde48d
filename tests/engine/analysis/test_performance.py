"""What a run alone tells about its speed: spoken of when the numbers are there, and not when they are near but less."""

from typing import Any

import numpy as np
import pytest

from engine.analysis.detectors import hand_over_bound, io_bound, lock_bound, oversubscribed, start_up_bound
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import CORE_ROW, HOLD_ROW, SIGNAL_ROW, STATE_ROW, TASK_ROW, Layer, State
from tests.engine.analysis.made import MS, START, found_by, model


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["kind"] for each in found]


def crowd(lanes: int, running: float, *, cores: int = 2, busy: float = 1.0) -> Model:
    """Lanes that run for a share of each 20 ms and wait for a core otherwise; the machine's cores are busy."""
    states = [
        row
        for n in range(50)
        for lane in range(lanes)
        for row in (
            (lane, 20.0 * (n + running), State.RUNNING, 0),
            (lane, 20.0 * (n + 1), State.CORE_WAIT, 0),
        )
    ]
    made = model(lanes, states)
    made.header["machine"] = {"usable_cores": cores}
    core_rows = [(core, START + time * MS, int(time * MS * busy)) for core in range(cores) for time in (0, 1000)]
    rows = np.zeros(len(core_rows), CORE_ROW)
    for name, column in zip(("core", "time", "busy"), zip(*core_rows, strict=True), strict=True):
        rows[name] = column
    made.take_in(Batch([], {Layer.CORES: rows}, START + 1000 * MS))
    return made


def test_more_lanes_that_want_to_run_than_cores_are_found() -> None:
    (found,) = oversubscribed.find(crowd(6, 0.33))
    assert found["title"] == "6 lanes want to run on 2 cores"
    assert "67 %" in found["explanation"]
    assert "Use 2 workers" in found["advice"]


@pytest.mark.parametrize(
    "made",
    [
        lambda: crowd(2, 0.5, busy=0.5),  # no more lanes than cores
        lambda: crowd(6, 0.8),  # they hardly wait
        lambda: crowd(6, 0.33, cores=8, busy=0.25),
        lambda: crowd(6, 0.1, busy=1.0),  # other programs use the cores
    ],
    ids=["as many as cores", "little waiting", "enough cores", "others are to blame"],
)
def test_who_waits_for_a_core_for_another_reason_is_not_too_many(made: Any) -> None:
    assert oversubscribed.find(made()) == []


def io_story(wait_ms: float, compute_ms: float, rounds: int, *, lanes: int = 3, state: State = State.IO) -> Model:
    states = [(0, 1000.0, State.WAIT, 0)]
    for lane in range(1, lanes):
        time = 0.0
        for _ in range(rounds):
            states += [(lane, time + wait_ms, state, 0), (lane, time + wait_ms + compute_ms, State.RUNNING, 0)]
            time += wait_ms + compute_ms
    return model(lanes, states)


def test_workers_that_ask_one_after_another_are_found() -> None:
    (found,) = io_bound.find(io_story(19, 1, 50))
    assert found["lanes"] == [1, 2]
    assert "95 % of their time" in found["explanation"]
    assert "19.0 ms at a time" in found["explanation"]
    assert "2 workers of this kind use 0.10 of a core" in found["explanation"]


@pytest.mark.parametrize(
    "made",
    [
        lambda: io_story(14, 6, 50),  # they compute, too
        lambda: io_story(999, 1, 1),  # one long wait: for somebody to come
        lambda: io_story(19, 1, 50, lanes=2),  # one worker is no crew
        lambda: io_story(19, 1, 50, state=State.SLEEP),  # asleep without a task: looks in now and then
        lambda: io_story(4.8, 0.2, 50),  # short
    ],
    ids=["computes", "waits for somebody", "alone", "asleep", "short"],
)
def test_other_waits_for_something_outside_are_not_too_few_workers(made: Any) -> None:
    assert io_bound.find(made()) == []


def test_time_asleep_within_tasks_is_work_that_waits() -> None:
    made = io_story(19, 1, 50, state=State.SLEEP)
    rows = [(lane, START + 20 * n * MS, START + (20 * n + 19) * MS, 1, 0) for n in range(50) for lane in (1, 2)]
    made.take_in(Batch([], {Layer.TASKS: np.array(rows, TASK_ROW)}, START + 1000 * MS))
    assert kinds(io_bound.find(made)) == ["io-bound"]


def crew_of_processes(count: int, start_ms: float, work_ms: float) -> Model:
    """Worker processes, each with its start-up and its work."""
    made = model(1, [(0, 1000.0, State.WAIT, 0)])
    texts: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        begin = START + number * 10 * MS
        began, ended = begin + int(start_ms * MS), begin + int((start_ms + work_ms) * MS)
        texts += [
            {
                "type": "process", "id": number, "pid": 100 + number, "start_ns": begin + MS, "launched_ns": begin,
                "name": f"Process-{number}", "parent": 0, "role": "worker",
            },
            {"type": "lane", "id": number, "process": number, "serial": 1, "start_ns": begin + MS, "name": "Main"},
            {"type": "process-work", "id": number, "start_ns": began, "end_ns": ended},
            {"type": "process-end", "id": number, "time_ns": ended + MS, "exit_status": 0},
        ]  # fmt: skip
    made.take_in(Batch(texts, {}, START + 1000 * MS))
    return made


def test_processes_started_for_little_are_found() -> None:
    (found,) = start_up_bound.find(crew_of_processes(8, 60, 3))
    assert found["title"] == "8 processes were started for little work"
    assert "began its work 60.0 ms after" in found["explanation"]
    assert "worked for 3.0 ms" in found["explanation"]
    assert found["lanes"] == list(range(1, 9))


@pytest.mark.parametrize(
    ("count", "start_ms", "work_ms"),
    [(3, 90, 3), (8, 60, 80), (8, 5, 1)],
    ids=["few", "they work longer", "it cost little"],
)
def test_processes_that_are_worth_their_start_are_not(count: int, start_ms: float, work_ms: float) -> None:
    assert start_up_bound.find(crew_of_processes(count, start_ms, work_ms)) == []


def crew_of_pools(count: int, workers: int, start_ms: float, work_ms: float) -> Model:
    """Pools that one line made one after the other, with so many workers, whose start takes each 20 ms longer."""
    made = model(1, [(0, 10_000.0, State.WAIT, 0)])
    texts: list[dict[str, Any]] = []
    begin = START
    for pool in range(count):
        texts.append({"type": "primitive", "id": 2 + pool, "kind": "Pool", "name": "p", "file": "sum.py", "line": 7})
        for worker in range(workers):
            number = 1 + pool * workers + worker
            began = begin + int((start_ms + 20 * worker) * MS)
            texts += [
                {"type": "process", "id": number, "pid": 100 + number, "start_ns": begin + MS, "launched_ns": begin,
                 "name": f"Process-{number}", "parent": 0, "role": "worker"},
                {"type": "lane", "id": number, "process": number, "serial": 1, "start_ns": begin + MS, "name": "Main"},
                {"type": "executor-worker", "primitive": 2 + pool, "lane": number},
                {"type": "process-work", "id": number, "start_ns": began, "end_ns": began + int(work_ms * MS)},
                {"type": "process-end", "id": number, "time_ns": began + int((work_ms + 20) * MS), "exit_status": 0},
            ]  # fmt: skip
        begin += int((start_ms + 20 * workers + work_ms + 20) * MS)
    made.take_in(Batch(texts, {}, START + 10_000 * MS))
    return made


def test_pools_that_take_longer_to_start_than_to_work_are_found() -> None:
    (found,) = start_up_bound.find(crew_of_pools(1, 5, 200, 10))
    assert found["title"] == "Pool p took longer to start than to work"
    assert "Until half of its workers had begun, 240 ms went by" in found["explanation"]
    assert "77 % of the time for which Pool p made at sum.py:7 was there" in found["explanation"]
    assert "in a pool" not in found["advice"], "they are in one"
    (again,) = start_up_bound.find(crew_of_pools(10, 2, 30, 5))
    assert again["title"] == "10 pools took longer to start than to work"
    assert "400 ms went by" in again["explanation"]
    assert len(again["lanes"]) == 20


@pytest.mark.parametrize("made", [(1, 8, 60, 10), (10, 2, 30, 60)], ids=["quick", "worth it"])
def test_pools_that_start_quickly_or_last_are_not(made: tuple[int, int, float, float]) -> None:
    """Though all workers of a quick one together take long to start: they do so side by side."""
    assert start_up_bound.find(crew_of_pools(*made)) == []


def test_workers_that_came_instead_of_others_began_no_pool() -> None:
    made = crew_of_pools(1, 4, 100, 20)
    late = made.processes[4]
    late.launched_ns, late.work, late.end_ns = START + 400 * MS, (START + 600 * MS, START + 610 * MS), START + 620 * MS
    assert start_up_bound.find(made) == []


def pool(jobs: int, job_us: float, pause_us: float) -> Model:
    """A pool with two worker processes that did so many jobs each."""
    made = crew_of_processes(2, 5, 900)
    texts: list[dict[str, Any]] = [
        {"type": "primitive", "id": 2, "kind": "Pool", "name": "pool", "file": "sums.py", "line": 4, "shared": True},
        {"type": "executor-worker", "primitive": 2, "lane": 1},
        {"type": "executor-worker", "primitive": 2, "lane": 2},
    ]
    step = int((job_us + pause_us) * 1000)
    rows = [
        (lane, START + 30 * MS + n * step, START + 30 * MS + n * step + int(job_us * 1000), 1, 0)
        for n in range(jobs)
        for lane in (1, 2)
    ]
    made.take_in(Batch(texts, {Layer.TASKS: np.array(rows, TASK_ROW)}, START + 1000 * MS))
    return made


def test_jobs_that_are_smaller_than_their_hand_over_are_found() -> None:
    (found,) = hand_over_bound.find(pool(1500, 2, 100))
    assert found["title"] == "Pool pool spends its time in handing over jobs"
    assert "3\u202f000 jobs of 2.0 µs" in found["explanation"]
    assert "98 % of the time" in found["explanation"]


@pytest.mark.parametrize(
    ("jobs", "job_us", "pause_us"),
    [(100, 2, 100), (1500, 100, 100), (400, 2, 2000), (1500, 1, 30)],
    ids=["few", "jobs as long as pauses", "somebody has nothing to do yet", "it cost little"],
)
def test_other_pauses_of_pools_are_no_hand_over(jobs: int, job_us: float, pause_us: float) -> None:
    assert hand_over_bound.find(pool(jobs, job_us, pause_us)) == []


def many_locks(waiting: float) -> Model:
    """Three workers that wait for one of five locks for a share of each 20 ms."""
    made = model(4, [(0, 1.0, State.RUNNING, 0)])
    texts: list[dict[str, Any]] = []
    for number in range(2, 7):
        texts += [
            {
                "type": "primitive",
                "id": number,
                "kind": "Lock",
                "name": f"shard {number}",
                "file": "bank.py",
                "line": 9,
            },
            {"type": "detail", "id": number, "primitive": number, "site": 1},
        ]
    made.take_in(Batch(texts, {}, START + MS))
    rows = [
        row
        for n in range(50)
        for lane in (1, 2, 3)
        for row in (
            (lane, START + int(20 * (n + waiting) * MS), State.LOCK_WAIT, 2 + (n + lane) % 5),
            (lane, START + 20 * (n + 1) * MS, State.RUNNING, 0),
        )
    ]
    made.take_in(Batch([], {Layer.STATES: np.array(rows, STATE_ROW)}, START + 1000 * MS))
    return made


def test_workers_that_wait_for_many_locks_are_found() -> None:
    (found,) = found_by(lock_bound, many_locks(0.5))
    assert found["title"] == "3 workers are bound by their locks"
    assert "50 % of their time" in found["explanation"]
    assert "Lock shard" in found["explanation"]
    assert found_by(lock_bound, many_locks(0.2)) == []


@pytest.mark.parametrize(("longest_ms", "found"), [(1.0, True), (50.0, False)])
def test_locks_under_each_of_which_something_is_made_once_bind_nobody(longest_ms: float, found: bool) -> None:
    """As in a cache with a lock for each key: more locks would be of no use."""
    made = many_locks(0.5)
    lengths = [longest_ms, 1.0, 1.0]
    rows = [
        (lane, number, START + 100 * lane * MS, START + int((100 * lane + length) * MS), 1, 0)
        for number in range(2, 7)
        for lane, length in enumerate(lengths, 1)
    ]
    made.take_in(Batch([], {Layer.HOLDS: np.array(rows, HOLD_ROW)}, START + 1000 * MS))
    assert bool(found_by(lock_bound, made)) is found


def test_locks_that_others_release_bind_nobody() -> None:
    made = many_locks(0.5)
    rows = [(0, number, START + 900 * MS, 1) for number in range(2, 7)]
    made.take_in(Batch([], {Layer.SIGNALS: np.array(rows, SIGNAL_ROW)}, START + 1000 * MS))
    assert found_by(lock_bound, made) == []


def test_idle_daemons_that_take_turns_at_waiting_for_work_are_bound_by_no_lock() -> None:
    made = many_locks(0.5)
    works = [{"type": "primitive", "id": 9, "kind": "Queue", "name": "work", "file": "bank.py", "line": 4}]
    works += [{"type": "detail", "id": 9, "primitive": 9, "site": 1}]
    states = [(lane, START + 1400 * MS, State.WAIT, 9) for lane in (1, 2, 3)]
    holds = [(lane, number, START + 1001 * MS, START + 1390 * MS, 1, 0) for lane in (1, 2, 3) for number in range(2, 7)]
    rows = {Layer.STATES: np.array(states, STATE_ROW), Layer.HOLDS: np.array(holds, HOLD_ROW)}
    made.take_in(Batch(works, rows, START + 1400 * MS))
    assert kinds(found_by(lock_bound, made)) == ["lock-bound"]
    for lane in made.lanes:
        lane.daemon = True
    assert found_by(lock_bound, made) == []
