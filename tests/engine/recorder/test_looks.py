"""What is made of looks at threads, with a system and interpreters made up."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.recorder.definitions.registry import Registry, TracedLane, TracedProcess
from engine.recorder.sampling.interpreter_memory import Gil, Held, Place
from engine.recorder.sampling.looks import Looks
from engine.recorder.sampling.portable_sampler import PortableSampler
from engine.recorder.sampling.sampler import Accounts, Method, Spans, Where, of_system_call

MS = 1_000_000


class System:
    """Threads by native id; GILs lie where `gils` says."""

    method = Method.SYSTEM_CALLS
    tick_ns = 4 * MS

    def __init__(self, threads: Mapping[int, Where]) -> None:
        self.threads = threads
        self.asked_with: list[Spans | None] = []

    def accounts(self, pid: int, native_id: int) -> Accounts | None:  # noqa: ARG002
        return Accounts(0, 0)

    def where(self, pid: int, native_id: int, gils: Spans | None) -> Where:  # noqa: ARG002
        self.asked_with.append(gils)
        return self.threads.get(native_id, Where.UNKNOWN)

    def forget(self, pid: int, native_id: int) -> None:
        pass

    def close(self) -> None:
        pass


class Memory:
    """An interpreter whose GIL one thread has all the time."""

    def __init__(self, holders: Mapping[int, int], threads: Mapping[int, int]) -> None:
        self.runtime = (1000, 2000)
        self.gils = [Gil(interpreter, 5000 + 1000 * interpreter) for interpreter in holders]
        self.readable = True
        self._holders, self._threads = holders, threads

    def refresh(self) -> None:
        pass

    def close(self) -> None:
        pass

    def native_ids(self) -> dict[int, int]:
        return dict(self._threads)

    def look(self, gil: Gil) -> Held | None:
        return Held(self._holders[gil.interpreter], Place("/bank.py", 7, "work"), 3)


class Program:
    """A registry with one process and its threads."""

    def __init__(self, *native_ids: int, free_threaded: bool = False) -> None:
        self.texts: list[dict[str, Any]] = []
        self.registry = Registry(self.texts.append)
        self.process = self.add_process(free_threaded=free_threaded)
        self.lanes = [self.add_lane(self.process, native_id) for native_id in native_ids]

    def add_process(self, *, free_threaded: bool = False, main: TracedProcess | None = None) -> TracedProcess:
        return self.registry.add_process(
            77, 1, 0, version="3.13.0", executable="/python", argv=["/python", "x.py"],
            free_threaded=free_threaded, forked=False, main=main,
        )  # fmt: skip

    def add_lane(self, process: TracedProcess, native_id: int) -> TracedLane:
        frame = ("thread", native_id, native_id, f"t{native_id}", 0, False, 0, False)
        return self.registry.add_thread(process, frame)

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [text for text in self.texts if text["type"] == kind]


def test_a_system_call_is_told_by_its_number_and_a_futex_by_its_address() -> None:
    gils = [(0x1000, 0x2000)]
    assert of_system_call([b"running"], gils) is Where.ON_CPU
    assert of_system_call([], gils) is Where.UNKNOWN
    assert of_system_call([b"-1", b"0x0"], gils) is Where.OTHER


def test_who_has_the_gil_and_at_which_line_is_told_with_those_who_wait_for_it() -> None:
    program = Program(11, 12, 13)
    system = System({11: Where.ON_CPU, 12: Where.GIL, 13: Where.GIL})
    looks = Looks(program.registry, system, lambda *_: Memory({0: 11}, {}))  # type: ignore[arg-type]
    for at in (0, 5):
        assert looks.at(program.lanes, at * MS).tolist() == [Where.ON_CPU, Where.GIL, Where.GIL]
    looks.close_process(program.process)
    (row,) = looks.watch.take()
    assert (row["holder"], row["waiting"], row["looks"]) == (1, 4, 2)
    (site,) = program.told("site")
    assert (site["id"], site["file"], site["line"]) == (row["site"], "/bank.py", 7)
    assert [text["method"] for text in program.told("attribution")] == ["system_calls"]
    assert system.asked_with[0] == [(1000, 2000), (5000, 5320)]


def test_without_the_interpreters_memory_the_one_that_runs_while_others_wait_has_the_gil() -> None:
    program = Program(11, 12)
    memory = Memory({}, {})
    memory.readable = False
    looks = Looks(program.registry, System({11: Where.ON_CPU, 12: Where.GIL}), lambda *_: memory)  # type: ignore[arg-type]
    for at in (0, 5):
        looks.at(program.lanes, at * MS)
    looks.close_process(program.process)
    assert [row["holder"] for row in looks.watch.take()] == [1]
    assert program.told("gil")[0]["how"] == "inferred"


def test_where_system_calls_may_not_be_seen_the_recording_says_so() -> None:
    program = Program(11)
    looks = Looks(program.registry, System({}), lambda *_: Memory({}, {}))  # type: ignore[arg-type]
    assert looks.at(program.lanes, 0).tolist() == [Where.UNKNOWN]
    assert [text["method"] for text in program.told("attribution")] == ["accounts"]


def test_where_there_is_cpu_time_only_the_recording_says_so() -> None:
    program = Program(11)
    sampler = PortableSampler()
    looks = Looks(program.registry, sampler)
    assert looks.at(program.lanes, 0).tolist() == [Where.UNKNOWN]
    assert [text["method"] for text in program.told("attribution")] == ["cpu_time"]


def test_a_free_threaded_interpreter_has_no_gil() -> None:
    program = Program(11, 12, free_threaded=True)
    system = System({11: Where.ON_CPU, 12: Where.LOCK})
    looks = Looks(program.registry, system)
    looks.at(program.lanes, 0)
    assert system.asked_with == [[], []]
    assert program.told("gil") == []


def test_a_thread_is_in_one_interpreter_at_a_time_and_each_gil_has_its_own_holder() -> None:
    program = Program(11, 12)
    inner = program.add_process(main=program.process)
    lanes = [*program.lanes, program.add_lane(inner, 12)]
    system = System({11: Where.ON_CPU, 12: Where.ON_CPU})
    looks = Looks(program.registry, system, lambda *_: Memory({0: 11, 3: 12}, {11: 0, 12: 3}))  # type: ignore[arg-type]
    for at in (0, 5):
        found = looks.at(lanes, at * MS)
    np.testing.assert_array_equal(found, [Where.ON_CPU, Where.INSIDE, Where.ON_CPU])
    looks.close_process(program.process)
    assert sorted(int(row["holder"]) for row in looks.watch.take()) == [1, 3]
    assert [(gil["process"], gil["interpreter"]) for gil in program.told("gil")] == [(0, 0), (1, 3)]
    assert [text["role"] for text in program.told("process")] == ["program", "interpreter"]
