"""Custom workloads: groups of workers with their tasks, locks and queues, as the user puts them together.

    {"version": 1, "title": "...", "start_method": null,
     "queues": [{"name": "jobs", "capacity": 10}],
     "groups": [{"name": "tellers", "workers": 2, "backend": "threads", "task": "sleep",
                 "parameters": {"duration_ms": 5}, "iterations": 100,
                 "locks": [{"name": "accounts", "hold_ms": 10}], "feeds": null, "drains": "jobs"}]}

In each iteration a worker takes an item from the queue it drains; takes its locks in the given order, holding each
for its time before it reaches for the next, and releases them all; does one iteration of its task; and puts an item
into the queue it feeds. A group that drains a queue does one iteration for each item, until everybody who feeds that
queue is done; its own number of iterations does not matter then.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.tasks.parameters import Value
from engine.tasks.workload_rules import VERSION, FieldError, find_errors


@dataclass(frozen=True)
class LockUse:
    """A lock that a worker takes, and how long it holds it before it goes on."""

    name: str
    hold_ms: float = 10.0


@dataclass(frozen=True)
class WorkerGroup:
    """Workers that all do the same. `locks` are taken in this order, each while those before it are held."""

    name: str
    workers: int = 1
    backend: str = "threads"
    task: str = "python-cpu"
    parameters: dict[str, Value] = field(default_factory=dict)
    iterations: int = 100
    locks: tuple[LockUse, ...] = ()
    feeds: str | None = None
    drains: str | None = None


@dataclass(frozen=True)
class WorkQueue:
    """A queue between groups. It holds at most `capacity` items; 0: any number."""

    name: str
    capacity: int = 10


@dataclass(frozen=True)
class Workload:
    """Everything that runs, at once. `start_method` of processes: None for the interpreter's default."""

    groups: tuple[WorkerGroup, ...]
    queues: tuple[WorkQueue, ...] = ()
    title: str = "Custom workload"
    start_method: str | None = None

    def errors(self) -> list[FieldError]:
        """What is wrong with it, at which field; empty when it can run."""
        return find_errors(to_data(self))


class InvalidWorkload(ValueError):
    """A workload that cannot run; the message is one line, `errors` has every fault."""

    def __init__(self, errors: list[FieldError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        place = "" if first.message.startswith(first.path) else f"{first.path}: "
        super().__init__(f"{place}{first.message}{more}")
        self.errors = errors


def to_data(workload: Workload) -> dict[str, Any]:
    """Plain lists and dictionaries, as in the JSON."""
    return {"version": VERSION, **asdict(workload)}


def from_data(data: object) -> Workload:
    """The workload that `data` describes. InvalidWorkload when it cannot run."""
    errors = find_errors(data)
    if errors or not isinstance(data, dict):
        raise InvalidWorkload(errors)
    groups = []
    for group in data["groups"]:
        locks = tuple(LockUse(**lock) for lock in group.get("locks", ()))
        groups.append(WorkerGroup(**{**group, "locks": locks}))
    return Workload(
        groups=tuple(groups),
        queues=tuple(WorkQueue(**queue) for queue in data.get("queues", ())),
        title=data.get("title", Workload.title),
        start_method=data.get("start_method"),
    )


def dumps(workload: Workload) -> str:
    return json.dumps(to_data(workload), indent=2, ensure_ascii=False) + "\n"


def loads(text: str) -> Workload:
    """InvalidWorkload when `text` is no JSON, or describes nothing that can run."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidWorkload([FieldError("", f"this is not JSON: {error}")]) from None
    return from_data(data)


def save(workload: Workload, path: Path) -> None:
    """OSError when it cannot be written."""
    path.write_text(dumps(workload), encoding="utf-8")


def load(path: Path) -> Workload:
    """OSError when `path` cannot be read; InvalidWorkload when it holds no workload that can run."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidWorkload([FieldError("", "this is not a text file")]) from None
    return loads(text)
