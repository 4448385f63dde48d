"""Keeps what shows the model up to date: timeline and companions each frame, panels in turn at a lower rate."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtWidgets import QWidget

from engine.model.model import Model
from gui.frame_budget import FrameBudget

PANEL_INTERVAL_S = 0.2
PANEL_S = 0.003  # what a panel may take; where a frame has less left, they wait for another
LATEST_S = 1.0  # after which a panel is refreshed whatever the frame has left


class View(Protocol):
    """What can show a model."""

    def show_model(self, model: Model | None) -> None: ...
    def refresh(self) -> None: ...


class Views:
    """Panels take turns in what frames have left, so that they never make one late. Hidden ones are left out.

    `plots` does a piece of its work a call, one a frame. Who has waited longest comes first.
    """

    def __init__(
        self,
        each_frame: Sequence[View],
        plots: View,
        panels: Sequence[View],
        budget: FrameBudget,
        now: Callable[[], float] = time.monotonic,
        later: Callable[[Callable[[], object]], object] = lambda do: do(),
    ) -> None:
        """`later` has done soon, in an event of its own, what it is given."""
        self._each_frame = each_frame
        self._plots = plots
        self._panels = panels
        self._budget = budget
        self._now = now
        self._later = later
        self._last = [0.0] * len(panels)

    def show_model(self, model: Model | None) -> None:
        for view in (*self._each_frame, self._plots, *self._panels):
            view.show_model(model)

    def refresh_frame(self) -> None:
        """Once a frame that has something new."""
        for view in self._each_frame:
            if _visible(view):
                view.refresh()
        self._plots.refresh()
        now = self._now()
        self._take_turns([n for n, last in enumerate(self._last) if now - last >= PANEL_INTERVAL_S])

    def refresh_panel(self, panel: object) -> None:
        """One that has come to the front, at once."""
        number = next((number for number, each in enumerate(self._panels) if each is panel), None)
        if number is not None:
            self._refresh(number)

    def refresh_panels(self, *, at_once: bool = True) -> None:
        """At rest; `at_once`: the one that has waited longest at least."""
        waiting = sorted(range(len(self._panels)), key=self._last.__getitem__)
        first = next((number for number in waiting if _visible(self._panels[number])), None)
        if at_once and first is not None:
            self._refresh(first)
            waiting.remove(first)
        self._take_turns(waiting)
        self._plots.refresh()

    def _take_turns(self, numbers: Sequence[int]) -> None:
        seen = [number for number in numbers if _visible(self._panels[number])]
        for turn, number in enumerate(sorted(seen, key=self._last.__getitem__)):
            late = turn == 0 and self._now() - self._last[number] >= LATEST_S
            if self._budget.left_s() < PANEL_S and not late:
                break
            self._budget.reserve(PANEL_S)
            self._last[number] = self._now()
            self._later(self._panels[number].refresh)

    def _refresh(self, number: int) -> None:
        self._last[number] = self._now()
        self._panels[number].refresh()


def _visible(view: View) -> bool:
    """Whether anything of it can be seen; Qt calls visible what is behind another tab, too."""
    return not isinstance(view, QWidget) or (view.isVisible() and not view.visibleRegion().isEmpty())
