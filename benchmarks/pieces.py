"""Pieces of work on the window's thread: an application that measures how long each event keeps it, from outside in."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from benchmarks.pace import Pace

LONG_MS = 8.0
LOOK_S = 0.02  # of thread CPU time between two looks at how fast the machine is
WORST_PARTS = 4  # widgets named for the longest piece of an action
_notify = QApplication.notify


class Cost(NamedTuple):
    """What a piece took, ms of thread CPU, and the first look at the machine's pace after it."""

    ms: float
    look: int


class Application(QApplication):
    """`doing` names the action whose pieces are being counted. Times are ms of thread CPU time.

    A piece is the handling of one event that comes from outside: a tick of a timer, a paint of the whole window, a key.
    The events that it causes are parts of it. With `parts`, what each of them took by itself is kept for the longest
    piece; that costs 14 µs a part, and a repaint has hundreds of them: 4 µs without. Between pieces the machine is
    asked how fast it is: a shared one may run at half its speed for seconds.
    """

    def __init__(self, *, parts: bool = False) -> None:
        super().__init__([])
        self.doing = "start"
        self._tell_parts = parts
        self._pace = Pace()
        self._look, self._looked_at = self._pace.look(), time.thread_time()
        self._costs: dict[str, list[Cost]] = defaultdict(list)
        self._steps: Counter[str] = Counter()  # how often each action was taken
        self._worst: dict[str, dict[str, Any]] = {}
        self._parts: Counter[str] = Counter()
        self._inner: list[float] = []  # what the parts of each event under way have taken

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self._inner and not self._tell_parts:
            return _notify(self, receiver, event)
        name = f"{_name(receiver)} {event.type().name}"
        with self._measured(name):
            return _notify(self, receiver, event)

    def act(self, name: str, step: Callable[[], object]) -> None:
        """Counts what follows as `name`, beginning with this step."""
        self.doing = name
        self._steps[name] += 1
        with self._measured("action"):
            step()

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        self._inner.append(0.0)
        begun = time.thread_time()
        try:
            yield
        finally:
            took = (time.thread_time() - begun) * 1000
            by_itself = took - self._inner.pop()
            if self._tell_parts:
                self._parts[name] += by_itself  # type: ignore[assignment]
            if self._inner:
                self._inner[-1] += took
            else:
                self._count(name, took)
                if time.thread_time() - self._looked_at > LOOK_S:
                    self._look, self._looked_at = self._pace.look(), time.thread_time()

    def _count(self, name: str, took: float) -> None:
        costs = self._costs[self.doing]
        if took > self._worst.get(self.doing, {}).get("took_ms", 0.0):
            parts = {part: round(ms, 2) for part, ms in self._parts.most_common(WORST_PARTS)}
            self._worst[self.doing] = {"took_ms": took, "piece": name, "parts": parts}
        costs.append(Cost(took, self._look + 1))
        self._parts.clear()

    def statistics(self) -> dict[str, dict[str, Any]]:
        """For each action: how many pieces, the 99.9th percentile and the worst of them with its greatest parts."""
        told = ("piece", "parts")
        return {
            doing: {**self._figures(costs), **{each: self._worst[doing][each] for each in told}}
            for doing, costs in self._costs.items()
            if costs
        }

    def all_pieces(self, but: str) -> dict[str, Any]:
        """The figures of all actions but one together."""
        return self._figures([cost for doing, costs in self._costs.items() if doing != but for cost in costs])

    def session(self, mix: Mapping[str, float]) -> dict[str, Any]:
        """The share of long pieces if each action, known by how its name begins, came as often as `mix` says."""
        at_all, slowed = np.zeros(2), np.zeros(2)  # pieces, long ones
        for begins, times in mix.items():
            names = [name for name in self._costs if f"{name} ".startswith(f"{begins} ")]
            steps = sum(self._steps[name] for name in names)
            share = times / steps if steps else 0.0
            costs = [cost for name in names for cost in self._costs[name]]
            long = [cost for cost in costs if cost.ms > LONG_MS]
            at_all += share * np.array([len(costs), len(long)])
            slowed += share * np.array([self._slowed(costs), self._slowed(long)])
        return _shares(at_all, slowed)

    def _figures(self, costs: list[Cost]) -> dict[str, Any]:
        """What is said of a number of pieces."""
        ms = [cost.ms for cost in costs]
        long = [cost for cost in costs if cost.ms > LONG_MS]
        slowed = np.array([self._slowed(costs), self._slowed(long)])
        return {
            "p99_9_ms": round(float(np.percentile(ms, 99.9)), 2),
            "worst_ms": round(max(ms), 2),
            **_shares(np.array([len(costs), len(long)]), slowed),
        }

    def _slowed(self, costs: list[Cost]) -> int:
        """How many fell into times when the machine was slow."""
        return int(self._pace.slowed([min(cost.look, self._look) for cost in costs]).sum()) if costs else 0


def _shares(at_all: np.ndarray, slowed: np.ndarray) -> dict[str, float]:
    """Of pieces and the long ones among them how many; the same without those of times when the machine was slow."""
    found = {}
    for name, (pieces, long) in (("", at_all), ("_at_full_pace", at_all - slowed)):
        found[f"pieces{name}"] = round(float(pieces))
        found[f"long{name}"] = round(float(long), 1)
        found[f"long{name}_percent"] = round(float(long / pieces) * 100, 3) if pieces else 0.0
    return found


def _name(receiver: QObject) -> str:
    kind, own = type(receiver).__name__, receiver.objectName()
    return f"{kind} {own}" if own else kind
