"""Task types: each does its iterations and tells how far it is."""

import threading

import pytest

from engine.tasks import registry
from engine.tasks.native_cpu import sample_data
from engine.tasks.python_cpu import collatz_length

QUICK: dict[str, dict[str, int | float | str | bool]] = {
    "python-cpu": {"numbers": 20},
    "native-cpu": {"kind": "compression", "size_kib": 8},
    "sleep": {"duration_ms": 0.1},
    "file-io": {"size_kib": 4},
    "network-io": {"latency_ms": 0.1, "size_kib": 128},
    "memory": {"size_mib": 1, "keep_ms": 0},
    "mixed": {"numbers": 5, "size_kib": 4, "wait_ms": 0.1},
}


def test_quick_settings_are_stated_for_every_type() -> None:
    assert list(QUICK) == list(registry.TASKS)


@pytest.mark.parametrize("name", QUICK)
def test_a_task_runs_its_iterations_and_tells_each(name: str) -> None:
    task = registry.get(name)
    told: list[int] = []
    task.run(QUICK[name], 3, told.append)
    assert told == [1, 2, 3]
    assert all(parameter.check(parameter.default) == parameter.default for parameter in task.parameters)


@pytest.mark.parametrize("name", QUICK)
def test_a_task_may_run_in_several_threads_at_once(name: str) -> None:
    done: list[int] = []
    threads = [threading.Thread(target=registry.get(name).run, args=(QUICK[name], 2, done.append)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [1] * 4 + [2] * 4


def test_the_server_of_network_io_ends_when_the_work_fails() -> None:
    with pytest.raises(ZeroDivisionError), registry.get("network-io").open({"size_kib": 1, "latency_ms": 0.0}):
        _ = 1 / 0


def test_collatz_lengths() -> None:
    assert [collatz_length(number) for number in (1, 2, 3, 27)] == [0, 1, 7, 111]


@pytest.mark.parametrize("size", [0, 1, 65_536, 1_000_000])
def test_sample_data_has_the_size_asked_for(size: int) -> None:
    assert len(sample_data(size)) == size


def test_unknown_task_types_are_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"no task type 'sleeep': did you mean sleep\?"):
        registry.get("sleeep")
    with pytest.raises(ValueError, match="no task type 'zzz': there are python-cpu,"):
        registry.get("zzz")
