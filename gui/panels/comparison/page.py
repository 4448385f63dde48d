"""The comparison page: choices at the left, what was measured at the right."""

from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from engine.comparison.advice import findings
from engine.comparison.result import Result
from engine.comparison.traits import COLUMNS, table
from gui.bridges.comparison import ComparisonBridge
from gui.bridges.interpreter_list import InterpreterList
from gui.panels.comparison.choices import Choices
from gui.panels.comparison.miniatures import Miniatures
from gui.panels.comparison.numbers import Numbers
from gui.state.run_configuration import RunConfiguration
from gui.theme import ActiveTheme
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.elided_text import ElidedText
from gui.widgets.linked_text import LinkedText
from gui.widgets.progress_bar import ProgressBar

_DECODED = QUrl.ComponentFormattingOption.FullyDecoded
HINT = (
    "Compare runs the chosen workload on each backend, with each worker count, several times over, and shows what was"
    " fastest and where the time went. Nothing else should be running meanwhile."
)


class ComparisonPage(QWidget):
    """Asks for a comparison (`start_requested`) and shows its result while it grows."""

    start_requested = Signal()
    recording_requested = Signal(Path)
    open_requested = Signal()
    left = Signal()

    def __init__(
        self,
        configuration: RunConfiguration,
        interpreters: InterpreterList,
        bridge: ComparisonBridge,
        themes: ActiveTheme,
        remembered: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.result: Result | None = None
        self.choices = Choices(configuration, interpreters, remembered, self)
        self.choices.setAccessibleName("What is compared")
        self.start = QPushButton("Compare", self)
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self._on_start_clicked)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setToolTip("End it now; what has been measured stays")
        self.cancel.clicked.connect(self._on_cancel_clicked)
        self.reason = QLabel(self)
        self.reason.setProperty("role", "error")
        self.reason.setWordWrap(True)
        self.progress = ProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the comparison")
        self.doing = ElidedText(2, self)
        self.title = QLabel(HINT, self)
        self.title.setWordWrap(True)
        back = QPushButton("Back to the timeline", self)
        back.clicked.connect(self.left)
        earlier = QPushButton("Open earlier…", self)
        earlier.setToolTip("Open a comparison that was kept")
        earlier.clicked.connect(self.open_requested)
        self.numbers = Numbers(themes, self)
        self.numbers.opened.connect(self._on_opened)
        self.miniatures = Miniatures(themes, self)
        self.miniatures.opened.connect(self._on_opened)
        self.words = LinkedText("Findings of the comparison", self)
        self.words.anchorClicked.connect(lambda link: self._on_opened(link.fragment(_DECODED)))
        self.traits = LinkedText("Backends in a table", self)
        self.traits.anchorClicked.connect(lambda link: self._on_opened(link.fragment(_DECODED)))
        self.tabs = QTabWidget(self)
        self.tabs.tabBar().setAccessibleName("What the runs show")
        self.tabs.setDocumentMode(True)
        for body, name in (
            (self.miniatures, "Runs"),
            (self.words, "Findings"),
            (self.traits, "Backends in a table"),
        ):
            self.tabs.addTab(body, name)
        self._lay_out(back, earlier)
        self.choices.changed.connect(self._show_state)
        DressWhenSeen(self, themes, lambda: self._show_words(self.result))  # links have taken on the colours of before
        bridge.running_changed.connect(lambda _running: self._show_state())
        bridge.progressed.connect(self._on_progressed)
        bridge.result_changed.connect(self.show_result)
        bridge.ended.connect(self._on_ended)
        self._show_state()

    def _lay_out(self, back: QWidget, earlier: QWidget) -> None:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(self.choices, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 4, 12, 4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.cancel, 1)
        foot.addWidget(self.reason)
        foot.addLayout(buttons)
        foot.addWidget(self.progress)
        foot.addWidget(self.doing)
        column.addLayout(foot)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.setSpacing(8)
        head.addWidget(self.title, 1)
        head.addWidget(earlier)
        head.addWidget(back)
        results = QSplitter(Qt.Orientation.Vertical, self)
        results.addWidget(self.numbers)
        results.addWidget(self.tabs)
        results.setStretchFactor(0, 3)
        results.setStretchFactor(1, 2)
        right = QWidget(self)
        rows = QVBoxLayout(right)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addWidget(results, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(side)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([260, 1000])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def show_result(self, result: Result | None) -> None:
        """A result, whole or as far as it has come."""
        self.result = result
        self.numbers.show_result(result)
        self.miniatures.show_result(result)
        self._show_words(result)
        if result:
            counted = sum(len(variant.trials) for variant in result.variants)
            wanted = result.planned
            state = (
                ""
                if result.complete
                else f" · {counted} of {wanted} trials so far"
                if self._bridge.running
                else (f" · not complete: {counted} of {wanted} trials")
            )
            self.title.setText(f"<b>{result.title}</b>, {result.cores} cores{state}")
        else:
            self.title.setText(HINT)

    def _show_words(self, result: Result | None) -> None:
        self.traits.setHtml(_table(result) if result else "")
        self.words.setHtml(_words(result) if result else "")

    def refuse(self, message: str) -> None:
        """Says why nothing was started."""
        self.reason.setText(message)
        self.reason.setVisible(bool(message))

    def _on_start_clicked(self) -> None:
        fault = self.choices.fault()
        self.refuse("" if self.choices.lead_to(fault) else fault)
        if not fault:
            self.start_requested.emit()

    def _on_cancel_clicked(self) -> None:
        if self.cancel.hasFocus():
            self.setFocus()  # else it would pass on, to Run
        self.cancel.setEnabled(False)
        self._bridge.cancel()
        self.doing.show_text("The run that is going on is being stopped…")

    def _on_progressed(self, share: float, words: str) -> None:
        if self.cancel.isEnabled():  # otherwise it is being stopped
            self.progress.show_share(share)
            self.doing.show_text(words)

    def _on_ended(self, fault: str) -> None:
        failures = self.result.failures if self.result is not None else []
        self.refuse(fault or (failures[0] if failures else ""))
        self.doing.show_text("")
        if self.result is not None:
            self.show_result(self.result)

    def _on_opened(self, recording: str) -> None:
        if self._bridge.folder is not None and recording:
            self.recording_requested.emit(self._bridge.folder / recording)

    def _show_state(self) -> None:
        running = self._bridge.running
        comes, goes = (self.cancel, self.start) if running else (self.start, self.cancel)
        comes.setEnabled(running or self.choices.comparable)
        comes.show()
        if goes.hasFocus() or self.hasFocus():
            comes.setFocus()
        goes.hide()
        self.progress.setVisible(running)
        self.doing.setVisible(running)
        self.choices.setEnabled(not running)
        if not running and not self.choices.comparable:
            self.refuse("")


def _words(result: Result) -> str:
    found = findings(result)
    parts = [
        f"<p><b>{escape(each['title'])}</b><br>{escape(each['explanation'])}<br>{escape(each['advice'])}"
        f"<br>{_runs(result, each['variants'])}</p>"
        for each in found
    ]
    if not parts:
        parts = ["<p>Nothing that the numbers carry: too few trials, or differences smaller than their spread.</p>"]
    return "".join(parts + [f"<p>{escape(remark)}</p>" for remark in result.remarks])


def _runs(result: Result, numbers: list[int]) -> str:
    """Links to the runs that a finding rests on."""
    variants = [result.variants[number] for number in numbers]
    links = [
        f"<a href='#{quote(variant.typical.recording)}'>{escape(result.full_name(variant))}</a>"
        for variant in variants
        if variant.typical is not None
    ]
    return f"See the runs: {', '.join(links)}"


def _table(result: Result) -> str:
    """Each cell links to the run that showed its number."""
    heads = "".join(f"<th align='left'>{escape(name[:1].upper() + name[1:])}</th>" for name in COLUMNS)
    lines = [f"<tr><th></th>{heads}</tr>"]
    for row in table(result):
        cells = "".join(
            f"<td>{escape(cell.text)} <a href='#{quote(cell.recording)}'>run</a></td>"
            for cell in (row.cells[name] for name in COLUMNS)
        )
        lines.append(f"<tr><td><b>{escape(row.name)}</b><br>{escape(row.python)}</td>{cells}</tr>")
    return f"<table cellpadding='6' width='98%'>{''.join(lines)}</table>"
