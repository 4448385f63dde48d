"""The legend: every state with its share of the time in view; a click filters."""

from PySide6.QtWidgets import QWidget

from engine.model.model import Model
from gui.state.filters import Filters
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme


class Legend(QWidget):
    """One entry per state, in a row."""

    def __init__(self, view: ViewWindow, filters: Filters, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""

    def refresh(self) -> None:
        """The model has taken in data: once a frame."""
