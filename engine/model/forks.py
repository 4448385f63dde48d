"""Forks as both sides tell of them. Times absolute ns."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.model.entities import Lane, Process

Text = dict[str, Any]


class Fork(NamedTuple):
    """`lane` forked between these times, at a stack. No `process`: the child did nothing that is recorded before it
    ended or became another program.
    """

    lane: int
    start_ns: int
    end_ns: int
    process: int | None
    stack: int


class Forks:
    """All that were told, by their start. A child gets its starter and its launch from its fork, unless it was told
    who started it (through a fork server, say).
    """

    def __init__(self, lanes: list[Lane], processes: list[Process]) -> None:
        self._lanes = lanes
        self._processes = processes
        self._told: dict[tuple[int, int], Text] = {}  # by process and which of its forks it is
        self._children: dict[tuple[int, int], int] = {}

    def __iter__(self) -> Iterator[Fork]:
        forks = (
            Fork(text["lane"], text["start_ns"], text["end_ns"], self._children.get(key), text["stack"])
            for key, text in self._told.items()
        )
        return iter(sorted(forks, key=lambda fork: fork.start_ns))

    def take(self, text: Text) -> None:
        """A "forked" text, of the parent."""
        self._told[self._lanes[text["lane"]].process, text["nth"]] = text
        self._relate(self._lanes[text["lane"]].process, text["nth"])

    def take_child(self, text: Text) -> None:
        """A "forked-by" text, of the child."""
        key = self._lanes[text["lane"]].process, text["nth"]
        self._children[key] = text["process"]
        self._relate(*key)

    def _relate(self, parent: int, nth: int) -> None:
        fork, child = self._told.get((parent, nth)), self._children.get((parent, nth))
        if fork is not None and child is not None and self._processes[child].starter is None:
            self._processes[child].starter = fork["lane"]
            self._processes[child].launched_ns = fork["start_ns"]
