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
WORST_PARTS = 4  # widgets named for the longest piece of an action
_notify = QApplication.notify


class Cost(NamedTuple):
    """What a piece took, ms of thread CPU, and the last look at the machine's pace before it."""

    ms: float
    look: int


class Application(QApplication):
    """`doing` names the action whose pieces are being counted. Times are ms of thread CPU time.

    A piece is the handling of one event that comes from outside: a tick of a timer, a paint of the whole window, a key.
    The events that it causes are parts of it. With `parts`, what each of them took by itself is kept for the longest
    piece; that costs 14 µs a part, and a repaint has hundreds of them: 4 µs without. Between pieces the machine is
    asked how fast it is: a shared one may run at half its speed, for seconds or for days.
    """

    def __init__(self, *, parts: bool = False) -> None:
        super().__init__([])
        self.doing = "start"
        self._tell_parts = parts
        self._pace = Pace()
        self._look = self._pace.look()
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
                self._look = self._pace.look_now_and_then()

    def _count(self, name: str, took: float) -> None:
        costs = self._costs[self.doing]
        if took > self._worst.get(self.doing, {}).get("took_ms", 0.0):
            parts = {part: round(ms, 2) for part, ms in self._parts.most_common(WORST_PARTS)}
            self._worst[self.doing] = {"took_ms": took, "piece": name, "parts": parts}
        costs.append(Cost(took, self._look))
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
        pieces, long = 0.0, np.zeros(2)
        for begins, times in mix.items():
            names = [name for name in self._costs if f"{name} ".startswith(f"{begins} ")]
            steps = sum(self._steps[name] for name in names)
            share = times / steps if steps else 0.0
            costs = [cost for name in names for cost in self._costs[name]]
            pieces += share * len(costs)
            long += share * (self._ms(costs) > LONG_MS).sum(axis=1)
        return _shares(pieces, long)

    @property
    def times_reference(self) -> float:
        """How many times slower than at the reference pace the machine was (see Pace)."""
        return round(self._pace.times_reference(), 2)

    def _figures(self, costs: list[Cost]) -> dict[str, Any]:
        """What is said of a number of pieces."""
        ms = self._ms(costs)
        return {
            "p99_9_ms": round(float(np.percentile(ms[0], 99.9)), 2),
            "worst_ms": round(float(ms[0].max()), 2),
            "worst_at_reference_pace_ms": round(float(ms[1].max()), 2),
            **_shares(len(costs), (ms > LONG_MS).sum(axis=1)),
        }

    def _ms(self, costs: list[Cost]) -> np.ndarray:
        """What pieces took, and what they would have taken at the reference pace: (2, pieces) ms."""
        ms = [cost.ms for cost in costs]
        return np.array([ms, self._pace.at_reference(ms, [cost.look for cost in costs])])


def _shares(pieces: float, long: np.ndarray) -> dict[str, float]:
    """Of so many pieces how many were long, and would have been at the reference pace; in per cent, too."""
    found = {"pieces": round(pieces)}
    for name, count in zip(("long", "long_at_reference_pace"), long.tolist(), strict=True):
        found[name] = round(count, 1)
        found[f"{name}_percent"] = round(count / pieces * 100, 3) if pieces else 0.0
    return found


def _name(receiver: QObject) -> str:
    kind, own = type(receiver).__name__, receiver.objectName()
    return f"{kind} {own}" if own else kind
