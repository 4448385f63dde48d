"""Goes to a lane by any letters of its name, its process's name or pid."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from engine.model.entities import Lane
from engine.model.model import Model
from gui.window.overlays.chooser import Choice, Chooser


class FindLane(Chooser):
    """Enter goes to the chosen lane, hidden or folded away as it may be."""

    def __init__(self, go: Callable[[int], object], window: QWidget) -> None:
        """`go` is called with the lane that was chosen."""
        hint = "Letters of a lane's name, its process or pid"
        super().__init__(window, "Find a lane", "Lane", hint, ("lane", "lanes"))
        self._go = go

    def open(self, model: Model | None) -> None:
        """Offers the lanes of this model."""
        if model is not None:
            self.ask([_choice(model, lane) for lane in model.lanes], self._go)


def _choice(model: Model, lane: Lane) -> Choice:
    place = model.processes[lane.process].title
    return Choice(lane.id, model.lane_name(lane.id), place, also_searched=place)
