"""Deadlocks predicted while the run goes on: what `lock_order` finds in the part of it that is known by now.

A search begins when locks were taken in another way, threads joined or met, or a deadlock was found, once the order of
all that is settled; it is made in pieces, and rests for longer than it took. What a later search does not find any more
(a lock turned out to be a signal, or the deadlock has happened) is taken back.
"""

from collections.abc import Callable, Generator

from engine.analysis.building import Finding
from engine.analysis.order.lock_order import is_provable, search
from engine.model.model import Model

SETTLING_S = 0.3  # after the first news: more of the kind comes with it
REST = 10  # times what the last search took


class Foresight:
    """Keeps the predictions among a model's findings up to date. `now` gives seconds."""

    def __init__(self, model: Model, now: Callable[[], float]) -> None:
        self._model = model
        self._now = now
        self._steps: Generator[None, None, list[Finding]] | None = None
        self._searched = (0, 0, 0)  # nestings, what orders them, deadlocks that the last search knew
        self._due: float | None = None
        self._rested = 0.0  # when the next one may begin at the earliest
        self._spent_s = 0.0
        self._told: dict[str, int] = {}  # key → id of the predictions that stand in the model

    def advance(self, budget_s: float) -> bool:
        """Some of the work that there is; whether the model's findings have changed."""
        if self._steps is None and not self._begin():
            return False
        assert self._steps is not None
        began = self._now()
        try:
            next(self._steps)
            while self._now() - began < budget_s:
                next(self._steps)
        except StopIteration as over:
            self._steps = None
            now = self._now()
            self._rested = now + REST * (self._spent_s + now - began)
            return self._tell([each for each in over.value if "key" in each])
        self._spent_s += self._now() - began
        return False

    def take(self, finding: Finding) -> None:
        """A finding about the whole recording: takes the place of the prediction that it confirms."""
        self._model.add_finding(finding, self._told.pop(finding.get("key") or "", None))

    def end(self) -> None:
        """The whole recording has been looked through: what was predicted and not found again is taken back."""
        for number in self._told.values():
            self._model.remove_finding(number)
        self._told.clear()

    def _begin(self) -> bool:
        model, now = self._model, self._now()
        deadlocks = sum(each["kind"] == "deadlock" for each in model.findings.values())
        if (len(model.nestings), _ordering(model), deadlocks) == self._searched:
            return False
        if self._due is None:
            self._due = max(now + SETTLING_S, self._rested)
        if now < self._due:
            return False
        self._due = None
        settled = sum(nesting.time_ns <= model.known_ns for nesting in model.nestings)
        self._searched = (settled, _ordering(model), deadlocks)
        self._spent_s = 0.0
        self._steps = search(model, model.known_ns)
        return True

    def _tell(self, found: list[Finding]) -> bool:
        by_key = {each["key"]: each for each in found}
        changed = False
        for key in [key for key in self._told if key not in by_key]:
            self._model.remove_finding(self._told.pop(key))
            changed = True
        for key, finding in by_key.items():
            number = self._told.get(key)
            told = self._model.findings[number] if number is not None else None
            if told is None or (is_provable(told) and told["certainty"] != finding["certainty"]):
                self._told[key] = self._model.add_finding(finding, number)
                changed = True
        return changed


def _ordering(model: Model) -> int:
    """How much is known of the order of lanes."""
    return len(model.joins) + len(model.passages) + len(model.receipts) + len(model.jobs)
