"""Live plots on the timeline's time axis: running lanes, lock waiters, queue depth, CPU, memory."""

from PySide6.QtWidgets import QWidget

from engine.model.model import Model
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme


class Plots(QWidget):
    """A stack of small plots that share the view window."""

    def __init__(
        self, view: ViewWindow, selection: Selection, themes: ActiveTheme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)

    def show_model(self, model: Model | None) -> None:
        """Shows another recording; None for none."""

    def refresh(self) -> None:
        """The model has taken in data: once a frame."""
