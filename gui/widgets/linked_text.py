"""Text whose links lead to places in the window: Tab goes from one to the next, Enter follows it."""

from PySide6.QtWidgets import QTextBrowser, QWidget

from gui.widgets.assistive import announce


class LinkedText(QTextBrowser):
    """Opens nothing by itself: `anchorClicked` tells which link is followed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` is what assistive technology calls it; that hears of each link that the keyboard comes to."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setOpenLinks(False)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes to the next link while there is one."""
        stays = super().focusNextPrevChild(forward)
        if stays and self.hasFocus():
            announce(self, f"{self.textCursor().selectedText()}, link")
        return stays
