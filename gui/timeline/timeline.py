"""The timeline with its overview and its buttons: what the main window places in its middle."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.model.model import Model
from gui.state.filters import Filters
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme


class Timeline(QWidget):
    """Lanes of a model over time. Give it a model with `show_model`, call `refresh` once a frame while it grows."""

    lane_menu_requested = Signal(int)

    def __init__(
        self,
        view: ViewWindow,
        selection: Selection,
        filters: Filters,
        themes: ActiveTheme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none (the empty state)."""

    def set_empty_text(self, title: str, hint: str) -> None:
        """What stands there as long as there is no model or no lane."""

    def refresh(self) -> None:
        """The model has taken in data."""

    def focus_selection(self) -> None:
        """Zooms to the selected slice or span."""

    def reveal_lane(self, lane: int) -> None:
        """Scrolls a lane into view, expanding its process and its service lanes if need be."""

    def step_slice(self, direction: int) -> None:
        """Selects the next (+1) or previous (-1) slice of the selected lane."""

    def follow_hand_off(self, direction: int) -> None:
        """Selects the slice that the selected one woke (+1) or that ended its wait (-1)."""
