"""The search: a line above the timeline, with how many hits there are and ways to go from one to the next."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from engine.model.format import count
from engine.model.model import Model
from engine.model.search import Completion, complete
from gui.actions import Actions
from gui.state.search import SearchState
from gui.theme import ActiveTheme
from gui.widgets.buttons import ICON_SIZE, IconButton
from gui.widgets.elided_text import ElidedText
from gui.widgets.figures import grouped
from gui.widgets.icons import pixmap
from gui.widgets.progress_bar import ProgressBar
from gui.widgets.style import set_property
from gui.widgets.suggestions import SuggestingLine

TYPED_MS = 200  # without a further letter, until the search begins
NOTED_SHARE = 0.98  # of progress, above which nobody needs to be told of it
EXAMPLE = "state:lock wait, lock:accounts, longer:5ms, -thread:main"


class SearchBar(QWidget):
    """Hidden until it is asked for. Enter and Shift+Enter go to the next and previous hit; Esc closes."""

    stepped = Signal(int)  # the next (+1) or previous (-1) hit is wanted
    closed = Signal()

    def __init__(
        self, search: SearchState, actions: Actions, themes: ActiveTheme, window: QWidget, parent: QWidget | None = None
    ) -> None:
        """Suggestions float over `window`."""
        super().__init__(parent)
        self._search = search
        self._model: Model | None = None
        self._completions: list[Completion] = []
        self.setObjectName("search-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Search")
        self.line = SuggestingLine(window, self)
        self.line.setAccessibleName("Search in the recording")
        self.line.setPlaceholderText(EXAMPLE)
        self._sign = QLabel(self)
        themes.changed.connect(lambda: self._draw_sign(themes))
        self._draw_sign(themes)
        self.result = ElidedText(1, self)
        self.result.setAccessibleName("Hits")
        self.result.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.progress = ProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(96)
        self.progress.setAccessibleName("How much has been searched")
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setToolTip("Search no further; what has been found stays")
        self.cancel.setFlat(True)
        self.cancel.clicked.connect(search.cancel)
        self.previous = self._button(actions["previous-hit"])
        self.next = self._button(actions["next-hit"])
        self.close_button = IconButton(themes, "close", "Close the search (Esc)", self.close_search, self)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPED_MS)
        self._typed.timeout.connect(self._look)
        self._lay_out()
        self.line.textEdited.connect(self._on_edited)
        self.line.textChanged.connect(lambda text: None if text else self._look())
        self.line.cursorPositionChanged.connect(lambda _old, _new: self._suggest() if self.line.list.isVisible() else 0)
        self.line.taken.connect(self._on_taken)
        self.line.left_line.connect(self.close_search)
        self.line.stepped.connect(self._on_stepped)
        search.changed.connect(self._show)
        search.hit_changed.connect(self._show)
        self.hide()
        self._show()

    def open_search(self) -> None:
        """Shows the line and puts the cursor into it; what stood there is chosen, ready to be typed over."""
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        if not self.line.text():
            self._suggest()
        if self.line.text() and not self._search.active:
            self._look()

    def close_search(self) -> None:
        """Hides the line and forgets the hits; the text is kept for the next time."""
        self._typed.stop()
        self._search.set_text("")
        self.hide()
        self.closed.emit()

    def search_for(self, text: str) -> None:
        """Opens the line with this query."""
        self.line.setText(text)
        self.open_search()
        self._look()

    def show_model(self, model: Model | None) -> None:
        """Another recording."""
        self._model = model
        self._search.show_model(model)

    def refresh(self) -> None:
        """The model has grown: once a frame."""
        self._search.refresh()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIconSize(ICON_SIZE)
        button.setProperty("flat", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _draw_sign(self, themes: ActiveTheme) -> None:
        self._sign.setPixmap(pixmap("search", themes.current.surfaces.text_dim, ICON_SIZE.width()))

    def _lay_out(self) -> None:
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        self.line.setMinimumSize(QSize(240, 0))
        layout.addWidget(self._sign)
        layout.addWidget(self.line, 3)
        layout.addWidget(self.previous)
        layout.addWidget(self.next)
        layout.addSpacing(4)
        layout.addWidget(self.result, 2)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel)
        layout.addWidget(self.close_button)

    def _on_edited(self) -> None:
        self._typed.start()
        self._suggest()

    def _on_stepped(self, direction: int) -> None:
        self._look()
        self.stepped.emit(direction)

    def _look(self) -> None:
        self._typed.stop()
        self._search.set_text(self.line.text())

    def _suggest(self) -> None:
        self._completions = complete(self.line.text(), self.line.cursorPosition(), self._model)
        self.line.offer([(each.text, each.explanation) for each in self._completions])

    def _on_taken(self, number: int) -> None:
        taken = self._completions[number]
        text = self.line.text()
        self.line.setText(text[: taken.start] + taken.text + text[taken.end :])
        self.line.setCursorPosition(taken.start + len(taken.text))
        if taken.text.endswith(":"):
            self._suggest()
        else:
            self._look()

    def _show(self) -> None:
        search = self._search
        hits = len(search.hits) if search.hits is not None else 0
        shown_error = search.error if not self.line.list.isVisible() else ""
        set_property(self.line, "invalid", bool(shown_error))
        set_property(self.result, "role", "error" if shown_error else "dim")
        self._row.setStretch(self._row.indexOf(self.line), 2 if shown_error else 3)
        self._row.setStretch(self._row.indexOf(self.result), 4 if shown_error else 2)
        self.result.show_text(shown_error or self._words(hits))
        slow = search.busy and search.progress < NOTED_SHARE
        self.progress.setVisible(slow)
        self.cancel.setVisible(slow)
        self.progress.show_share(search.progress)

    def _words(self, hits: int) -> str:
        search = self._search
        if not search.active:
            return "" if self.line.text() else "Terms of one kind are alternatives, a - leaves out"
        if not hits:
            return "Searching…" if search.busy else "No hit"
        found = f"{count(hits, 'hit')}{' so far' if search.busy and search.progress < NOTED_SHARE else ''}"
        if search.cancelled:
            found += " in the part that was searched"
        if search.hit is None or search.hits is None:
            return found
        return f"{grouped(search.hits.ordinal(search.hit))} of {found}"
