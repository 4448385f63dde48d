"""Details of what is selected: a slice, a span, a lane."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.model.model import Model
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme


class Details(QWidget):
    """State, certainty, duration, primitive, holder, code, stack and hand-offs of the selection."""

    source_requested = Signal(str, int)  # file, line

    def __init__(
        self, view: ViewWindow, selection: Selection, themes: ActiveTheme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""

    def refresh(self) -> None:
        """The model has taken in data: once a frame."""
