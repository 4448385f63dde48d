"""Texts to read over the window: the guide, and what the colours mean."""

from pathlib import Path

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QTextBrowser, QVBoxLayout, QWidget

from engine.recording.schema import State
from gui.theme import STATE_NAMES, Theme
from gui.window.overlays import Overlay

PARAGRAPH_SPACE = 10  # px
TEXTS = Path(__file__).parents[2] / "resources" / "texts"
STATE_MEANINGS = {
    State.RUNNING: "executes Python or C code on a core",
    State.GIL_WAIT: "could run, but another thread of its process holds the interpreter lock (GIL)",
    State.CORE_WAIT: "could run, but no core is free for it",
    State.LOCK_WAIT: "waits for a lock that another lane holds",
    State.WAIT: "waits for something else: a condition, event, barrier, queue, semaphore, another thread's end",
    State.IO: "waits for a file, a socket or a pipe",
    State.SLEEP: "sleeps, because it asked to",
    State.IDLE: "is a pool's worker that has no task",
    State.UNKNOWN: "not known: records were lost, or there was nothing to measure it with",
    State.ENDED: "has not begun yet, or has ended",
}


class TextPage(Overlay):
    """Shows one text at a time."""

    preferred_height = 560

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
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

    def show_colours(self, theme: Theme) -> None:
        """Every state with its colour and its meaning."""
        self._call_it("What the colours mean")
        rows = [(theme.states[state], STATE_NAMES[state], meaning) for state, meaning in STATE_MEANINGS.items()]
        rows.insert(4, (theme.hold, "lock held", "a thin line on the lane, over whatever state it is in"))
        rows.append((theme.deadlock, "deadlocked", "a wait that can never end; striped"))
        running = theme.states[State.RUNNING]
        rows.append(
            (running, "merged", "several slices in one pixel, the worst on the upper edge; zoom in to see them")
        )
        rows.append((running, "sampled", "with darker lines: measured by sampling, not recorded"))
        cells = "".join(
            f"<tr><td bgcolor='{colour}' width='28'>&nbsp;</td>"
            f"<td><b>{name}</b>&nbsp;&nbsp;</td><td>{meaning}</td></tr>"
            for colour, name, meaning in rows
        )
        self.browser.setHtml(f"<h2>What the colours mean</h2><table cellpadding='5'>{cells}</table>")
        self.pop_up(self.browser)

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
