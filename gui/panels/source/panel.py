"""Source: the line something happened at, and the stacks that led there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from engine.model.entities import Site
from engine.model.model import Model
from gui.panels.source.view import SourceView
from gui.state.source_texts import source_text
from gui.theme import ActiveTheme
from gui.widgets.panel import EmptyHint

HINT = "Code appears here: choose an edge of the wait-for graph, a line in the details, or Source of a scenario."
PLACE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class StackText:
    """A stack with the sentence that says whose it is; frames innermost last."""

    title: str
    frames: Sequence[Site]


class SourcePanel(QWidget):
    """A file with marked lines; beside it the frames to walk through."""

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._model: Model | None = None
        self.heading = QLabel(self)
        self.heading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.heading.setProperty("role", "small")
        self.heading.setContentsMargins(8, 4, 8, 4)
        self.view = SourceView(themes, self)
        self.frames = QListWidget(self)
        self.frames.setAccessibleName("Stacks")
        self.frames.currentItemChanged.connect(self._on_frame_chosen)
        self.frames.itemClicked.connect(lambda item: self._on_frame_chosen(item, None))
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.view)
        split.addWidget(self.frames)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heading)
        layout.addWidget(split)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyHint(HINT))
        self._stack.addWidget(body)

    def show_model(self, model: Model | None) -> None:
        """From now on lines are of this recording."""
        self._model = model

    def show_line(self, file: str, line: int) -> None:
        """Shows one line; 0 for just the file."""
        self.frames.clear()
        self.frames.hide()
        self._show(file, line)

    def show_stacks(self, stacks: Sequence[StackText]) -> None:
        """Shows stacks, the first one's innermost line at once."""
        self.frames.clear()
        first: QListWidgetItem | None = None
        for stack in stacks:
            title = QListWidgetItem(stack.title)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            self.frames.addItem(title)
            for frame in reversed(stack.frames):
                item = QListWidgetItem(f"    {frame.label}  {frame.function}")
                item.setData(PLACE, (frame.file, frame.line))
                item.setToolTip(f"{frame.file}:{frame.line}")
                self.frames.addItem(item)
                first = first or item
        self.frames.setVisible(first is not None)
        if first is not None:
            self.frames.setCurrentItem(first)

    def _on_frame_chosen(self, item: QListWidgetItem | None, _previous: object) -> None:
        if item is not None and (place := item.data(PLACE)):
            self._show(*place)

    def _show(self, file: str, line: int) -> None:
        self._stack.setCurrentIndex(1)
        text = source_text(self._model, file)
        if text is None:
            self.heading.setText(f"{file} is neither here nor in the recording; the line was {line}.")
            self.view.show_text("", "")
            return
        self.view.show_text(file, text)
        self.heading.setText(f"{file}:{line}" if line else file)
        self.heading.setToolTip(Path(file).name)
        self.view.mark({line: self._themes.current.surfaces.accent_soft} if line else {}, line)
