"""Findings: what went wrong or is about to, each with its words; choosing one shows where."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QTextBrowser, QWidget

from engine.model.model import Model
from gui.theme import ActiveTheme
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

ORDER = {"error": 0, "warning": 1, "info": 2}


HINT = "Deadlocks and other findings appear here as soon as they are found."


class FindingsPanel(Panel):
    """The findings, the worst first, and the whole text of the chosen one."""

    finding_chosen = Signal(dict)

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(HINT, parent)
        self._themes = themes
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.setChildrenCollapsible(False)
        self.table: RowTable[dict[str, Any]] = RowTable(
            "Findings",
            (
                Column("Severity", lambda f: str(f["severity"]), 76, colour=self._colour),
                Column("Certainty", lambda f: str(f["certainty"]), 84),
                Column("At", self._time, 84, number=True),
                Column("Finding", lambda f: str(f["title"])),
            ),
            key=lambda finding: finding["id"],
            parent=body,
        )
        self.text = QTextBrowser(body)
        self.text.setAccessibleName("The finding in words")
        self.text.setOpenLinks(False)
        body.addWidget(self.table)
        body.addWidget(self.text)
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.set_body(body)

    def forget(self) -> None:
        self.set_hint(HINT)
        self.table.set_rows([])
        self.text.clear()

    def update_body(self, model: Model) -> bool:
        findings = sorted(model.findings.values(), key=lambda f: (ORDER.get(f["severity"], 3), f["start_ns"] or 0))
        self.table.set_rows(findings)
        if findings and self.table.chosen() is None:
            self.table.selectRow(0)
        self._show_text(self.table.chosen())
        self.set_hint("Nothing found in this run." if model.finished else HINT)
        return bool(findings)

    def _on_row_chosen(self, finding: dict[str, Any]) -> None:
        self._show_text(finding)
        self.finding_chosen.emit(finding)

    def _show_text(self, finding: dict[str, Any] | None) -> None:
        parts = (
            [] if finding is None else [finding["title"], "", finding["explanation"], "", finding.get("advice") or ""]
        )
        if finding is not None and finding.get("resolved_ns"):
            parts += ["", "It has come to an end since."]
        text = "\n".join(parts).strip()
        if text != self.text.toPlainText():
            self.text.setPlainText(text)

    def _time(self, finding: dict[str, Any]) -> str:
        start = self.model.start_ns if self.model else 0
        return f"{((finding['start_ns'] or start) - start) / 1e9:.3f} s"

    def _colour(self, finding: dict[str, Any]) -> str:
        surfaces = self._themes.current.surfaces
        return {"error": surfaces.danger, "warning": surfaces.warning}.get(finding["severity"], "")
