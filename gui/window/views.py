"""Keeps what shows the model up to date: timeline and companions each frame, panels in turn at a lower rate."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtWidgets import QWidget

from engine.model.model import Model

PANEL_INTERVAL_S = 0.2
PANELS_BUDGET_S = 0.004  # of one frame; whoever is left comes first the next time


class View(Protocol):
    """What can show a model."""

    def show_model(self, model: Model | None) -> None: ...
    def refresh(self) -> None: ...


class Views:
    """Panels take turns within a budget, so that together they never make a frame late. Hidden ones are left out.

    `plots` does a piece of its work a call, one a frame.
    """

    def __init__(
        self,
        each_frame: Sequence[View],
        plots: View,
        panels: Sequence[View],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each_frame = each_frame
        self._plots = plots
        self._panels = panels
        self._now = now
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
        due = [n for n, view in enumerate(self._panels) if now - self._last[n] >= PANEL_INTERVAL_S and _visible(view)]
        for number in sorted(due, key=self._last.__getitem__):
            self._last[number] = now
            self._panels[number].refresh()
            if self._now() - now > PANELS_BUDGET_S:
                break

    def refresh_panels(self) -> None:
        """All that can be seen: at rest, or when a tab has come to the front."""
        for number, view in enumerate(self._panels):
            if _visible(view):
                self._last[number] = self._now()
                view.refresh()
        self._plots.refresh()


def _visible(view: View) -> bool:
    return not isinstance(view, QWidget) or view.isVisible()
