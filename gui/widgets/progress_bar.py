"""How much of a long work is done."""

from PySide6.QtWidgets import QProgressBar, QWidget

STEPS = 1000


class ProgressBar(QProgressBar):
    """Qt's own paints itself within `setValue`, and with it all that waits to be painted in the window: this one waits
    for the next repaint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, STEPS)

    def show_share(self, share: float, text: str | None = None) -> None:
        """That much is done, from 0.0 to 1.0; `text`: of what, None: as before."""
        value, text = round(STEPS * share), self.format() if text is None else text
        if (value, text) == (self.value(), self.format()):
            return
        self.setUpdatesEnabled(False)
        self.setFormat(text)
        self.setValue(value)
        self.setUpdatesEnabled(True)
