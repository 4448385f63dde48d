"""From ring files to rows: lanes, numbers, forks, deaths, and what may come late or be lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.recorder.definitions.registry import Registry, TracedProcess
from engine.recorder.sampling.looks import Looks
from engine.recorder.sampling.sampler import Method, ThreadSampler
from engine.recorder.slicer import RUNNING_UNSAMPLED, UNKNOWN
from engine.recorder.timeline import LATE_NS, Rows, Timeline
from engine.recorder.tracing import Tracing
from engine.recording.schema import DEADLOCKED, Layer, State
from engine.tracer import layout
from tests.engine.recorder.ring_writer import RingWriter

MS = 1_000_000
LOCK = int(State.LOCK_WAIT)


class NoSampler(ThreadSampler):
    """A system that says nothing about threads."""

    def __init__(self) -> None:
        super().__init__()
        self.method = Method.NONE


class Bench:
    """Everything between ring files and rows, with a clock of its own (ms)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: list[dict[str, Any]] = []
        self.registry = Registry(self.texts.append)
        self.timeline = Timeline(self.registry, Looks(self.registry, NoSampler()))
        self.registry.on_lane = self.timeline.add_lane
        self.tracing = Tracing(folder, self.registry, lambda *_: None)
        self.writers: list[RingWriter] = []

    def process(self, **values: Any) -> RingWriter:
        writer = RingWriter(self.folder, sequence=len(self.writers) + 1, **values)
        self.writers.append(writer)
        return writer

    def cycle(self, at_ms: float) -> dict[Layer, list[tuple[Any, ...]]]:
        now_ns = round(at_ms * MS)
        self.tracing.discover(now_ns)
        self.timeline.gather(self.tracing.read_cells())
        self.timeline.sample(now_ns)
        drained = self.tracing.drain(now_ns)
        ended = self.tracing.read_texts()
        return as_lists(self.timeline.take(now_ns, drained, ended))

    def die(self, writer: RingWriter, at_ms: float) -> dict[Layer, list[tuple[Any, ...]]]:
        now_ns = round(at_ms * MS)
        traced = next(traced for traced in self.tracing.living if traced.ring.path == writer.path)
        words, drained = self.tracing.bury(traced, now_ns)
        self.timeline.gather([])
        rows = self.timeline.take(now_ns, drained, traced.ending)
        rows += self.timeline.close_processes([(traced.process, words)], now_ns)
        self.tracing.report_ends(now_ns, final=True)
        return as_lists(rows)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [text for text in self.texts if text["type"] == kind]


def as_lists(rows: Rows) -> dict[Layer, list[tuple[Any, ...]]]:
    found: dict[Layer, list[tuple[Any, ...]]] = {}
    for layer, part in rows:
        found.setdefault(layer, []).extend(part.tolist())
    return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    for traced in list(bench.tracing.living):
        bench.tracing.bury(traced, 0)
    for writer in bench.writers:
        writer.close()


@pytest.fixture
def bank(bench: Bench) -> RingWriter:
    """A process with one thread, which has a lock, and is running at 1 ms."""
    writer = bench.process()
    writer.introduce()
    writer.cell(0, native_id=writer.pid, started=0, thread=1)
    writer.text("thread", 1, writer.pid, "MainThread", 0, False, 0, False)
    writer.text("primitive", 5, "Lock", "accounts", "bank.py", 12, False, None, -1)
    writer.text("site", 9, "bank.py", 40, "transfer")
    bench.cycle(1)
    return writer


def test_definitions_come_once_and_in_the_recordings_own_numbers(bench: Bench, bank: RingWriter) -> None:
    assert [(text["id"], text["name"], text["role"]) for text in bench.told("process")] == [(0, "bank.py", "program")]
    assert [(text["id"], text["name"]) for text in bench.told("lane")] == [(0, "MainThread")]
    (primitive,) = bench.told("primitive")
    assert (primitive["id"], primitive["kind"], primitive["name"], primitive["process"]) == (1, "Lock", "accounts", 0)
    bank.text("thread-name", 1, "teller", 2 * MS)
    bank.text("primitive-name", 5, "vault")
    bench.cycle(2)
    assert [text["name"] for text in bench.told("lane-name") + bench.told("primitive-name")] == ["teller", "vault"]


def test_a_hold_becomes_a_row(bench: Bench, bank: RingWriter) -> None:
    bank.record(1, layout.HOLD, detail=77, site=9, number=5, start=2 * MS, end=3 * MS)
    assert bench.cycle(5)[Layer.HOLDS] == [(0, 1, 2 * MS, 3 * MS, 1, 77)]


def test_a_wait_becomes_a_slice_with_its_detail(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, wait_serial=2)
    bank.record(1, layout.WAIT, detail=layout.WAIT_LOCK, site=9, number=5, start=2 * MS, end=3 * MS)
    assert bench.cycle(5)[Layer.STATES] == [(0, 2 * MS, RUNNING_UNSAMPLED, 0), (0, 3 * MS, LOCK, 1)]
    assert bench.told("detail") == [{"type": "detail", "id": 1, "primitive": 1, "site": 1}]


def test_what_goes_on_is_an_open_row_told_when_it_changes(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, wait_object=5, wait_since=4 * MS, wait_detail=layout.WAIT_LOCK, wait_site=9, wait_serial=1)
    rows = bench.cycle(10)
    assert rows[Layer.STATES] == [(0, 4 * MS, RUNNING_UNSAMPLED, 0)]
    assert rows[Layer.OPEN_STATES] == [(0, 4 * MS, LOCK, 1)]
    assert bench.cycle(20) == {}
    bench.timeline.deadlocked({0: 4 * MS})
    assert bench.cycle(30)[Layer.OPEN_STATES] == [(0, 4 * MS, LOCK | DEADLOCKED, 1)]
    bank.record(1, layout.WAIT, detail=layout.WAIT_LOCK, site=9, number=5, start=4 * MS, end=35 * MS)
    bank.cell(0, wait_serial=2)
    rows = bench.cycle(40)
    assert rows[Layer.STATES] == [(0, 35 * MS, LOCK | DEADLOCKED, 1)]
    assert rows[Layer.OPEN_STATES] == [(0, 35 * MS, RUNNING_UNSAMPLED, 0)]


def test_slices_wait_for_the_record_of_a_wait_that_is_over(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, wait_serial=2)  # over, says the cell; the thread lost its core before it wrote the record
    assert Layer.STATES not in bench.cycle(10)
    bank.record(1, layout.WAIT, detail=layout.WAIT_SLEEP, start=3 * MS, end=8 * MS)
    bank.cell(0, wait_since=18 * MS, wait_detail=layout.WAIT_SLEEP, wait_serial=3)
    assert bench.cycle(20)[Layer.STATES] == [
        (0, 3 * MS, RUNNING_UNSAMPLED, 0),
        (0, 8 * MS, State.SLEEP, 0),
        (0, 18 * MS, RUNNING_UNSAMPLED, 0),
    ]


def test_a_record_that_never_comes_does_not_hold_the_lane_up(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, wait_serial=2)
    bench.cycle(10)
    late = 20 + LATE_NS / MS
    bench.cycle(late)
    bank.cell(0, wait_since=round(late + 5) * MS, wait_detail=layout.WAIT_SLEEP, wait_serial=3)
    assert bench.cycle(late + 10)[Layer.STATES] == [(0, round(late + 5) * MS, RUNNING_UNSAMPLED, 0)]


def test_dropped_records_leave_unknown_slices_and_are_counted(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, dropped=12)
    bench.cycle(10)
    bank.cell(0, wait_since=15 * MS, wait_detail=layout.WAIT_SLEEP, wait_serial=1)
    assert bench.cycle(20)[Layer.STATES] == [(0, 10 * MS, UNKNOWN, 0), (0, 15 * MS, RUNNING_UNSAMPLED, 0)]
    assert bench.timeline.dropped == 12
    assert bench.timeline.lossy == [0]


def test_a_long_hold_is_open_until_it_ends(bench: Bench, bank: RingWriter) -> None:
    bank.hold(0, 0, 5, 2 * MS)
    assert Layer.OPEN_HOLDS not in bench.cycle(5)
    assert bench.cycle(50)[Layer.OPEN_HOLDS] == [(0, 1, 2 * MS, 0)]
    assert Layer.OPEN_HOLDS not in bench.cycle(60)
    bank.hold(0, 0, 0, 0)
    bank.record(1, layout.HOLD, detail=1, site=9, number=5, start=2 * MS, end=65 * MS)
    rows = bench.cycle(70)
    assert rows[Layer.HOLDS] == [(0, 1, 2 * MS, 65 * MS, 1, 1)]
    assert rows[Layer.OPEN_HOLDS] == [(0, 1, 0, 0)]


def test_a_holder_that_does_not_name_its_lock_is_known_by_who_waits_for_it(bench: Bench, bank: RingWriter) -> None:
    bank.text("thread", 2, 12, "waiter", 1 * MS, False, 0, False)
    wait = {"wait_object": 5, "wait_since": 3 * MS, "wait_detail": layout.WAIT_LOCK, "wait_serial": 1}
    bank.cell(1, started=1 * MS, thread=2, owner_thread=1, owner_site=9, owner_since=2 * MS, **wait)
    assert bench.cycle(50)[Layer.OPEN_HOLDS] == [(0, 1, 2 * MS, 1)]
    assert Layer.OPEN_HOLDS not in bench.cycle(60)
    bank.hold(0, 0, 5, 2 * MS, site=9)
    assert Layer.OPEN_HOLDS not in bench.cycle(70)
    bank.hold(0, 0, 0, 0)
    bank.cell(1, wait_serial=2)
    bank.record(1, layout.HOLD, detail=1, site=9, number=5, start=2 * MS, end=75 * MS)
    rows = bench.cycle(80)
    assert rows[Layer.HOLDS] == [(0, 1, 2 * MS, 75 * MS, 1, 1)]
    assert rows[Layer.OPEN_HOLDS] == [(0, 1, 0, 0)]


def test_a_forked_child_has_its_own_copy_of_what_it_inherited(bench: Bench, bank: RingWriter) -> None:
    child = bench.process(pid=bank.pid + 100_000, parent=bank.pid)
    child.introduce(parent_pid=bank.pid, how="fork")
    child.cell(0, native_id=child.pid, started=5 * MS, thread=1)
    child.text("thread", 1, child.pid, "worker", 5 * MS, False, 0, False)
    child.record(1, layout.HOLD, site=9, number=5, start=6 * MS, end=7 * MS)
    child.record(1, layout.HOLD, site=9, number=layout.OBJECT_SHARED | 3, start=8 * MS, end=9 * MS)
    bank.text("primitive", layout.OBJECT_SHARED | 3, "process Lock", "shared", "bank.py", 13, False, None, -1)
    bank.record(1, layout.HOLD, site=9, number=layout.OBJECT_SHARED | 3, start=6 * MS, end=7 * MS)
    rows = bench.cycle(10)
    names = {text["id"]: (text["name"], text["process"]) for text in bench.told("primitive")}
    held = {(row[0], names[row[1]]) for row in rows[Layer.HOLDS]}
    assert held == {(1, ("accounts", 1)), (1, ("shared", None)), (0, ("shared", None))}
    assert {row[4] for row in rows[Layer.HOLDS]} == {1}, "a site is the same place in every process"
    assert bench.told("process")[1]["parent"] == 0


def test_a_process_dies_in_what_it_was_doing(bench: Bench, bank: RingWriter) -> None:
    bank.hold(0, 0, 5, 2 * MS)
    bank.cell(0, wait_since=4 * MS, wait_detail=layout.WAIT_SLEEP, wait_serial=1)
    bench.cycle(20)
    bank.record(1, layout.TASK, start=1 * MS, end=3 * MS)
    rows = bench.die(bank, 30)
    assert rows[Layer.STATES] == [(0, 30 * MS, State.SLEEP, 0)]
    assert rows[Layer.HOLDS] == [(0, 1, 2 * MS, 30 * MS, 0, 0)]
    assert rows[Layer.TASKS] == [(0, 1 * MS, 3 * MS, 0, 0)]
    assert [(text["id"], text["time_ns"]) for text in bench.told("lane-end")] == [(0, 30 * MS)]
    assert [(text["id"], text["exit_status"]) for text in bench.told("process-end")] == [(0, None)]
    assert not bank.path.exists()


def test_a_thread_ends_once_all_its_records_are_in(bench: Bench, bank: RingWriter) -> None:
    bank.cell(1, native_id=2, started=2 * MS, thread=2)
    bank.text("thread", 2, 2, "worker", 2 * MS, False, 1, True)
    bench.cycle(5)
    bank.text("thread-end", 2, 9 * MS, "ValueError: x")
    bank.cell(1, thread=0)
    bench.cycle(10)
    assert bench.told("lane-end") == []
    bank.record(2, layout.HOLD, site=9, number=5, start=6 * MS, end=7 * MS)
    rows = bench.cycle(20)
    assert rows[Layer.HOLDS][0][0] == 1
    assert rows[Layer.STATES] == [(1, 9 * MS, RUNNING_UNSAMPLED, 0)]
    assert [(text["time_ns"], text["error"]) for text in bench.told("lane-end")] == [(9 * MS, "ValueError: x")]


def test_slices_of_a_lane_never_overlap_nor_leave_gaps(bench: Bench, bank: RingWriter) -> None:
    random = np.random.default_rng(1)
    at, serial, ends = 2.0, 0, [0]
    for cycle in range(1, 60):
        for _ in range(int(random.integers(0, 6))):
            start = at + float(random.exponential(0.4))
            at = start + float(random.exponential(0.4))
            serial += 2
            bank.cell(0, wait_serial=serial)
            if random.random() < 0.95:  # else it was lost
                bank.record(
                    1, layout.WAIT, detail=layout.WAIT_LOCK, number=5, start=round(start * MS), end=round(at * MS)
                )
        at = max(at, cycle * 5.0)
        ends += [row[1] for row in bench.cycle(at).get(Layer.STATES, [])]
    assert ends == sorted(set(ends))


def test_a_number_nobody_has_defined_gets_a_name_of_its_own(bench: Bench, bank: RingWriter) -> None:
    bank.record(1, layout.HOLD, site=1234, number=99, start=2 * MS, end=3 * MS)
    assert bench.cycle(5)[Layer.HOLDS] == [(0, 2, 2 * MS, 3 * MS, 0, 0)]
    process: TracedProcess = bench.registry.processes[0]
    assert bench.registry.primitive(process, 99) == 2


def test_what_was_counted_as_dropped_beforehand_is_taken_back(bench: Bench, bank: RingWriter) -> None:
    bank.cell(0, dropped=64)
    bench.cycle(10)
    bank.cell(0, dropped=3)
    bench.cycle(20)
    assert bench.timeline.dropped == 3


def test_a_forked_child_speaks_of_lines_that_its_parent_has_told_in_the_same_moment(
    bench: Bench, bank: RingWriter
) -> None:
    bench.cycle(10)
    bank.text("site", 7, "bank.py", 40, "main")
    child = bench.process(pid=bank.pid + 1, parent=bank.pid)
    child.introduce(parent_pid=bank.pid, how="fork")
    child.text("site", 8, "bank.py", 12, "transfer")
    child.text("stack", 9, (7, 8))
    bench.cycle(20)
    (stack,) = bench.told("stack")
    assert [frame["line"] for frame in bench.registry.stack(stack["id"])] == [40, 12]
