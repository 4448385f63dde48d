"""The custom workload being edited: plain data as in its JSON, with the moves the editor offers."""

import copy
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.tasks.workload_rules import FieldError, find_errors


def first_workload() -> dict[str, Any]:
    """What the editor begins with: two groups whose lock orders are opposite, so that running it deadlocks."""
    return {
        "version": 1,
        "title": "Custom workload",
        "start_method": None,
        "queues": [],
        "groups": [
            new_group("tellers", [{"name": "accounts", "hold_ms": 10.0}, {"name": "audit", "hold_ms": 10.0}]),
            new_group("auditors", [{"name": "audit", "hold_ms": 10.0}, {"name": "accounts", "hold_ms": 10.0}]),
        ],
    }


def new_group(name: str, locks: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "workers": 1,
        "backend": "threads",
        "task": "sleep",
        "parameters": {},
        "iterations": 100,
        "locks": locks or [],
        "feeds": None,
        "drains": None,
    }


class CustomData(QObject):
    """Observable workload. `structure_changed`: rows came, went or moved; `value_changed`: one value did."""

    structure_changed = Signal()
    value_changed = Signal()

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        """`data` is shown even when it can't run: the errors say at which field."""
        super().__init__()
        self.data = data or first_workload()

    @property
    def groups(self) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self.data["groups"]
        return groups

    @property
    def queues(self) -> list[dict[str, Any]]:
        queues: list[dict[str, Any]] = self.data["queues"]
        return queues

    def errors(self) -> list[FieldError]:
        """Why it can't run; empty when it can. A name that occurs twice is a fault at both places."""
        errors = find_errors(self.data)
        known = {error.path for error in errors}
        twins = [*_twins("groups", self.groups), *_twins("queues", self.queues)]
        for number, group in enumerate(self.groups):
            twins += _twins(f"groups[{number}].locks", group["locks"])
        return errors + [error for error in twins if error.path not in known]

    def replace(self, data: dict[str, Any]) -> None:
        self.data = copy.deepcopy(data)
        for group in self.groups:
            for key, value in new_group("").items():
                group.setdefault(key, value)
        self.structure_changed.emit()

    def put(self, target: dict[str, Any], key: str, value: Any) -> None:
        """Sets one value of a group, lock, queue or of the workload itself."""
        if target.get(key) != value:
            target[key] = value
            self.value_changed.emit()

    def add_group(self) -> int:
        """Adds a group at the end and returns its place."""
        self.groups.append(new_group(self._free_name("group", self.groups)))
        self.structure_changed.emit()
        return len(self.groups) - 1

    def duplicate_group(self, place: int) -> int:
        double = copy.deepcopy(self.groups[place])
        double["name"] = self._free_name(str(double["name"]), self.groups)
        self.groups.insert(place + 1, double)
        self.structure_changed.emit()
        return place + 1

    def remove_group(self, place: int) -> int:
        """Removes a group (the last one stays) and returns the place to look at next."""
        if len(self.groups) > 1:
            del self.groups[place]
            self.structure_changed.emit()
        return min(place, len(self.groups) - 1)

    def add_queue(self) -> None:
        self.queues.append({"name": self._free_name("jobs", self.queues), "capacity": 10})
        self.structure_changed.emit()

    def remove_queue(self, place: int) -> None:
        """Removes a queue, and with it whatever feeds or drains it."""
        name = self.queues.pop(place)["name"]
        for group in self.groups:
            for key in ("feeds", "drains"):
                if group[key] == name:
                    group[key] = None
        self.structure_changed.emit()

    def rename_queue(self, place: int, name: str) -> None:
        """Those who feed or drain it go along."""
        former = self.queues[place]["name"]
        for group in self.groups:
            for key in ("feeds", "drains"):
                if group[key] == former:
                    group[key] = name
        self.put(self.queues[place], "name", name)

    def add_lock(self, group: int) -> None:
        locks = self.groups[group]["locks"]
        locks.append({"name": self._free_name("lock", locks), "hold_ms": 10.0})
        self.structure_changed.emit()

    def remove_lock(self, group: int, place: int) -> None:
        del self.groups[group]["locks"][place]
        self.structure_changed.emit()

    def move(self, items: list[dict[str, Any]], place: int, by: int) -> int:
        """Moves a group or lock up or down and returns its new place."""
        target = max(0, min(len(items) - 1, place + by))
        if target != place:
            items.insert(target, items.pop(place))
            self.structure_changed.emit()
        return target

    @staticmethod
    def _free_name(wish: str, items: list[dict[str, Any]]) -> str:
        taken = {item["name"] for item in items}
        stem = wish.rstrip("0123456789-").rstrip() or wish
        number = 2
        name = wish if wish not in taken else f"{stem}-{number}"
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        return name


def _twins(path: str, items: list[dict[str, Any]]) -> list[FieldError]:
    """Every entry whose name another one has as well."""
    names = [item["name"] for item in items]
    return [
        FieldError(f"{path}[{number}].name", f"there is another {name!r}: each name may occur once")
        for number, name in enumerate(names)
        if names.count(name) > 1
    ]
