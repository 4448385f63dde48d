"""Texts to read over the window: the guide, and what the colours mean."""

from pathlib import Path

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QTextBrowser, QVBoxLayout, QWidget

from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.window.overlays.colour_key import TITLE, write_colour_key
from gui.window.overlays.overlay import Overlay

PARAGRAPH_SPACE = 10  # px
TEXTS = Path(__file__).parents[3] / "resources" / "texts"


class TextPage(Overlay):
    """Shows one text at a time."""

    preferred_height = 600

    def __init__(self, themes: ActiveTheme, window: QWidget) -> None:
        super().__init__(window)
        self._themes = themes
        self.browser = QTextBrowser(self)
        self.browser.setOpenExternalLinks(True)
        self.browser.setMinimumSize(620, 320)
        self.browser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        close = QPushButton("Close", self)
        close.clicked.connect(self.dismiss)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addWidget(self.browser)
        layout.addLayout(foot)
        DressWhenSeen(self, themes, self._dress)

    def show_markdown(self, name: str) -> None:
        """A text of `resources/texts`."""
        self.prepare_markdown(name)
        self.pop_up(self.browser)

    def prepare_markdown(self, name: str) -> None:
        """Puts the text there, unless it stands there already."""
        if self.accessibleName() != name:
            self._call_it(name)
            self.browser.setMarkdown((TEXTS / f"{name}.md").read_text(encoding="utf-8"))
            space_paragraphs(self.browser)

    def show_colours(self) -> None:
        """Every state with its colour and its meaning."""
        self._call_it(TITLE)
        self._dress()
        self.pop_up(self.browser)
        self.browser.verticalScrollBar().setValue(0)

    def _dress(self) -> None:
        if self.accessibleName() == TITLE:
            write_colour_key(self.browser.document(), self._themes.current, self.devicePixelRatioF())

    def _call_it(self, name: str) -> None:
        """What assistive technology says."""
        self.setAccessibleName(name)
        self.browser.setAccessibleName(name)


def space_paragraphs(browser: QTextBrowser) -> None:
    """Markdown comes without space between its paragraphs."""
    cursor = QTextCursor(browser.document())
    while True:
        form = cursor.blockFormat()
        form.setBottomMargin(PARAGRAPH_SPACE)
        form.setTopMargin(2 * PARAGRAPH_SPACE if form.headingLevel() > 1 else form.topMargin())
        cursor.setBlockFormat(form)
        if not cursor.movePosition(QTextCursor.MoveOperation.NextBlock):
            break
