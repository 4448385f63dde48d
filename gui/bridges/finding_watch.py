"""The findings of the recording shown: those it holds, those foreseen as it grows, those that follow from all of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.analysis.building import Finding
from engine.analysis.findings import search
from engine.analysis.order.foresight import Foresight
from engine.model.model import Model
from gui.bridges.finding_search import FindingSearch

SEARCHED_HERE = 3000  # slices; of shorter recordings every detector is done within a frame
FORESIGHT_S = 0.001  # of a frame, for predicting deadlocks while a run goes on


class FindingWatch(QObject):
    """Tells what becomes known of findings, once each. Nothing happens but when it is called, or told by a helper."""

    added = Signal(dict)
    changed = Signal(dict)
    removed = Signal(dict)  # a prediction that no longer holds
    progressed = Signal(float)  # share of the search that is done; 1.0: over
    failed = Signal(str)  # why findings could not be looked for, in a few words

    def __init__(self, clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._model: Model | None = None
        self._path = Path()
        self._foresight: Foresight | None = None
        self._told: dict[int, dict[str, object]] = {}
        self._news = False  # findings have come from the helper process since the last look
        self._waiting = False  # the recording has not been looked through, nor is it now
        self._steps: Iterator[list[Finding]] | None = None  # of looking through a short recording, one a frame
        self._search = FindingSearch(self)
        self._search.found.connect(self._on_found)
        self._search.progressed.connect(self._on_progressed)
        self._search.failed.connect(self.failed)

    @property
    def searched(self) -> bool:
        """Whether the last search that a helper process did came to its end."""
        return self._search.completed

    def watch(self, model: Model, path: Path) -> None:
        """Another recording is shown."""
        self._model, self._path = model, path
        self._foresight = Foresight(model, self._clock)
        self._told.clear()
        self._waiting = True

    def cancel(self) -> None:
        """Gives up a search of a helper process; what it has found stays."""
        self._search.cancel()

    def stop(self) -> None:
        """Nothing more is looked for in this recording."""
        self._search.cancel()
        self._waiting = False
        self._steps = None

    def go_on(self) -> bool:
        """All of the recording is known: looks for what follows from it, for a moment; True when that has been done."""
        assert self._model is not None
        if self._waiting:
            self._waiting = False
            if self._model.states.slice_count > SEARCHED_HERE:
                self._search.start(self._path)
            else:
                self._steps = search(self._model)
        if self._steps is None:
            return False
        self._take_step(self._steps)
        return True

    def foresee(self) -> bool:
        """While a run goes on: predicts what may happen in it, for a moment; True when findings have changed."""
        assert self._foresight is not None
        if not self._foresight.advance(FORESIGHT_S):
            return False
        self.report()
        return True

    def take_news(self) -> bool:
        """Whether a helper process has found something since the last call."""
        news, self._news = self._news, False
        return news

    def replace(self, finding: dict[str, Any]) -> None:
        """More is known of a finding by now: takes this one in its stead."""
        if self._model is not None and finding["id"] in self._model.findings:
            self._model.replace_finding(finding)
            self.report()

    def report(self) -> None:
        """Tells what is new."""
        assert self._model is not None
        findings = self._model.findings
        for number, finding in findings.items():
            told = self._told.get(number)
            if told is not finding:
                self._told[number] = finding
                (self.added if told is None else self.changed).emit(finding)
        for number in [number for number in self._told if number not in findings]:
            self.removed.emit(self._told.pop(number))

    def _take_step(self, steps: Iterator[list[Finding]]) -> None:
        assert self._foresight is not None
        found = next(steps, None)
        if found is None:
            self._steps = None
            self._foresight.end()
        for finding in found or ():
            self._foresight.take(finding)
        self.report()

    def _on_found(self, finding: dict[str, Any]) -> None:
        assert self._foresight is not None
        self._foresight.take(finding)
        self._news = True
        self.report()

    def _on_progressed(self, share: float) -> None:
        if share >= 1.0 and self._search.completed and self._foresight is not None:
            self._foresight.end()
            self._news = True
            self.report()
        self.progressed.emit(share)
