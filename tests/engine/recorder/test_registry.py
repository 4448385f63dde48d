"""What processes are called, and which of them are nobody's work."""

from typing import Any

import pytest

from engine.recorder.definitions.command_line import program_name
from engine.recorder.definitions.primitives import MOST_TOLD_APART
from engine.recorder.definitions.registry import Launch, Registry
from engine.tracer import layout

SERVER = ["python", "-B", "-c", "import sys; from multiprocessing.forkserver import main; main(3, **{'p': '/a/b c'})"]
SPAWNED = ["python", "-c", "from multiprocessing.spawn import spawn_main; spawn_main(pipe_handle=7)", "--fork"]


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["python", "bank.py", "-c", "x"], "bank.py"),
        (["python", "-B", "-m", "bank.__main__"], "bank"),
        (["python", "-X", "dev", "work/bank.py"], "bank.py"),
        (["python", "-Bc", "print('/a/b')"], "python -c"),
        (["python"], "python3"),
        (SERVER, "forkserver"),
        (SPAWNED, "python -c"),
    ],
)
def test_programs_are_called_by_what_they_run(argv: list[str], name: str) -> None:
    assert program_name("/usr/bin/python3", argv) == name


def test_the_fork_server_is_a_service_and_its_children_are_workers() -> None:
    told: list[dict[str, Any]] = []
    registry = Registry(told.append)
    common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False}
    registry.add_process(1, 0, 0, argv=["python", "bank.py"], forked=False, **common)
    server = registry.add_process(2, 1, 0, argv=SERVER, forked=False, **common)
    child = registry.add_process(3, 2, 0, argv=SERVER, forked=True, **common)
    registry.add_thread(server, ("thread", 1, 2, "MainThread", 0, False, 0, False))
    registry.add_thread(child, ("thread", 1, 3, "MainThread", 0, False, 0, False))
    registry.add_child(registry.processes[0], 3, Launch("Kind-1", 0, None))
    processes = [text for text in told if text["type"] == "process"]
    assert [text["role"] for text in processes] == ["program", "service", "worker"]
    assert processes[1]["name"] == "forkserver"
    assert child.name == "Kind-1"
    assert [text["internal"] for text in told if text["type"] == "lane"] == [True, False]


def test_what_a_child_uses_before_its_parent_has_told_what_it_is() -> None:
    told: list[dict[str, Any]] = []
    registry = Registry(told.append)
    common: dict[str, Any] = {"version": "3.14", "executable": "python", "free_threaded": False, "argv": ["python"]}
    parent = registry.add_process(1, 0, 0, forked=False, **common)
    child = registry.add_process(2, 1, 0, forked=True, **common)
    own, shared = (5 << layout.TEMPLATE_SHIFT) + 1, layout.OBJECT_SHARED | 7
    numbers = [registry.primitive(child, number) for number in (own, shared)]
    registry.add_template(parent, ("template", 5, "Event", "bank.py", 3, -1, False, None))
    registry.add_primitive(parent, ("primitive", shared, "Executor", "pool", "bank.py", 4, False, 2, -1))
    assert [registry.primitive(child, number) for number in (own, shared)] == numbers
    last = {text["id"]: (text["kind"], text["line"]) for text in told if text["type"] == "primitive"}
    assert last == {numbers[0]: ("Event", 3), numbers[1]: ("Executor", 4)}


def test_of_thousands_made_at_one_place_those_that_nobody_waited_for_count_as_one() -> None:
    told: list[dict[str, Any]] = []
    registry = Registry(told.append)
    process = registry.add_process(
        1, 0, 0, forked=False, version="3.14", executable="python", free_threaded=False, argv=["python"]
    )
    registry.add_template(process, ("template", 5, "Lock", "bank.py", 3, -1, False, None))
    first = 5 << layout.TEMPLATE_SHIFT
    awaited = registry.primitive(process, first + MOST_TOLD_APART + 7)
    held = [registry.held_primitive(process, first + MOST_TOLD_APART + n) for n in range(-1, 10)]
    assert len(set(held)) == 4  # two told apart by their numbers, all others, and the one that was waited for
    assert held[8] == awaited
    assert held[2] == held[7] == held[9]
    assert [text["name"] for text in told if text["id"] == held[2] and text["type"] == "primitive"] == ["others"]
