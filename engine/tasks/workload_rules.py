"""What a custom workload must fulfil, checked on plain data (as read from JSON), with a reason for every fault."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from engine.tasks import registry
from engine.tasks.parameters import Parameter

VERSION = 1
BACKEND_NAMES = ("serial", "threads", "thread-pool", "processes", "process-pool", "process-executor")
START_METHODS = ("fork", "spawn", "forkserver")
MAX_GROUPS = 32
MAX_NAME = 40

WORKERS = Parameter("workers", "Workers", "int", 1, 1, 256)
ITERATIONS = Parameter("iterations", "Iterations", "int", 100, 1, 1_000_000)
HOLD_MS = Parameter("hold_ms", "Hold time", "float", 10.0, 0.0, 60_000.0, unit="ms")
CAPACITY = Parameter("capacity", "Capacity", "int", 10, 0, 100_000, help="Items it can hold; 0: any number.")

TOP_KEYS = ("version", "title", "start_method", "queues", "groups")
GROUP_KEYS = ("name", "workers", "backend", "task", "parameters", "iterations", "locks", "feeds", "drains")


@dataclass(frozen=True)
class FieldError:
    """A fault at one field, such as `groups[1].workers`; `message` is the reason in one line."""

    path: str
    message: str


def find_errors(data: object) -> list[FieldError]:
    """Every fault of a workload's data, in the order of its fields; empty when it can run."""
    if not isinstance(data, dict):
        return [FieldError("", "a workload is a JSON object with version, queues and groups")]
    if data.get("version") != VERSION:
        found = f"not {data['version']!r}" if "version" in data else "but it is missing"
        return [FieldError("version", f"version must be {VERSION}, {found}")]
    errors = [*_unknown_keys("", data, TOP_KEYS), *_check_top(data)]
    errors += _check_list("queues", data.get("queues", ()), _check_queue, 0)
    errors += _check_list("groups", data.get("groups"), _check_group, 1)
    return errors or list(_check_flow(data.get("queues", ()), data["groups"]))


def _check_top(data: Mapping[str, Any]) -> Iterator[FieldError]:
    if not isinstance(data.get("title", ""), str):
        yield FieldError("title", f"title must be text, not {data['title']!r}")
    method = data.get("start_method")
    if method is not None and method not in START_METHODS:
        yield FieldError("start_method", f"start_method must be one of {', '.join(START_METHODS)}, not {method!r}")


def _check_list(path: str, entries: object, check: Any, at_least: int) -> Iterator[FieldError]:
    """A list of objects with names of their own."""
    if not isinstance(entries, (list, tuple)):
        yield FieldError(path, f"{path} must be a list")
        return
    if not at_least <= len(entries) <= MAX_GROUPS:
        yield FieldError(path, f"there must be from {at_least} to {MAX_GROUPS} {path}, not {len(entries)}")
    names: set[str] = set()
    for number, entry in enumerate(entries):
        here = f"{path}[{number}]"
        if not isinstance(entry, dict):
            yield FieldError(here, f"{here} must be an object, not {entry!r}")
            continue
        fault = _name_fault(entry.get("name"))
        if fault is None and entry["name"] in names:
            fault = f"there is another {entry['name']!r}: each name may occur once"
        if fault:
            yield FieldError(f"{here}.name", fault)
        else:
            names.add(entry["name"])
        yield from check(here, entry)


def _check_queue(path: str, queue: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _unknown_keys(path, queue, ("name", "capacity"))
    yield from _check_value(path, queue, CAPACITY)


def _check_group(path: str, group: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _unknown_keys(path, group, GROUP_KEYS)
    yield from _check_value(path, group, WORKERS)
    yield from _check_choice(path, "backend", group.get("backend", "threads"), BACKEND_NAMES)
    yield from _check_choice(path, "task", group.get("task", "python-cpu"), tuple(registry.TASKS))
    yield from _check_parameters(path, group)
    yield from _check_value(path, group, ITERATIONS)
    yield from _check_list(f"{path}.locks", group.get("locks", ()), _check_lock, 0)


def _check_lock(path: str, lock: Mapping[str, Any]) -> Iterator[FieldError]:
    yield from _unknown_keys(path, lock, ("name", "hold_ms"))
    yield from _check_value(path, lock, HOLD_MS)


def _check_parameters(path: str, group: Mapping[str, Any]) -> Iterator[FieldError]:
    given = group.get("parameters", {})
    task = registry.TASKS.get(str(group.get("task", "python-cpu")))
    if not isinstance(given, dict):
        yield FieldError(f"{path}.parameters", f"parameters must be an object, not {given!r}")
    elif task is not None:
        yield from _unknown_keys(f"{path}.parameters", given, [parameter.name for parameter in task.parameters])
        for parameter in task.parameters:
            yield from _check_value(f"{path}.parameters", given, parameter)


def _check_value(path: str, entry: Mapping[str, Any], parameter: Parameter) -> Iterator[FieldError]:
    try:
        parameter.check(entry.get(parameter.name, parameter.default))
    except ValueError as error:
        yield FieldError(f"{path}.{parameter.name}", str(error))


def _check_choice(path: str, key: str, value: object, choices: Sequence[str]) -> Iterator[FieldError]:
    if value not in choices:
        yield FieldError(f"{path}.{key}", f"{key} must be one of {', '.join(choices)}, not {value!r}")


def _unknown_keys(path: str, entry: Mapping[str, Any], known: Sequence[str]) -> Iterator[FieldError]:
    for key in entry:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known) or 'nothing'}"
            yield FieldError(f"{path}.{key}".lstrip("."), f"there is no {key!r}: {hint}")


def _name_fault(name: object) -> str | None:
    if not isinstance(name, str) or not name.strip():
        return "a name is needed"
    if len(name) > MAX_NAME or not name.isprintable():
        return f"a name must be at most {MAX_NAME} printable characters"
    return None


def _check_flow(queues: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    """Groups name queues that exist, and each queue has somebody at both ends."""
    names = [queue["name"] for queue in queues]
    for number, group in enumerate(groups):
        for key in ("feeds", "drains"):
            if group.get(key) is not None and group[key] not in names:
                there = f"there is {', '.join(names)}" if names else "there is none yet"
                yield FieldError(f"groups[{number}].{key}", f"there is no queue {group[key]!r}: {there}")
        if group.get("drains") is not None and group["drains"] == group.get("feeds"):
            yield FieldError(f"groups[{number}].feeds", "a group cannot feed the queue that it drains")
    for number, name in enumerate(names):
        feeders = [group for group in groups if group.get("feeds") == name]
        drainers = [group for group in groups if group.get("drains") == name]
        if not feeders or not drainers:
            missing = "feeds" if not feeders else "drains"
            yield FieldError(f"queues[{number}].name", f"nobody {missing} {name}")
