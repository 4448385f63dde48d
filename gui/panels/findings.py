"""Findings: what went wrong or is about to, in words; choosing one shows where, predicted ones can be proven."""

from collections.abc import Iterator
from html import escape
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from engine.analysis.building import hold_edges
from engine.analysis.order.lock_order import is_provable
from engine.model.entities import Site
from engine.model.model import Model
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.dress_when_seen import DressWhenSeen
from gui.widgets.linked_text import LinkedText
from gui.widgets.links import lane_link, line_link, linked_lane, linked_line
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

ORDER = {"error": 0, "warning": 1, "info": 2}
CERTAIN = ("observed", "confirmed")  # come before what is only foreseen
HINT = "Deadlocks and other findings appear here as soon as they are found."
NOTHING = "Nothing found in this run."
LOOKING = "Looking for findings…"
GIVEN_UP = "Nothing found; the search for findings was not completed."
MOST_LINES = 3  # of a stack
RESOLUTION_NS = 1e6
PROVE = "Run the program again, hold its threads back where it matters, and see whether the deadlock really happens"


class FindingsPanel(Panel):
    """The findings, the worst first, and the whole text of the chosen one."""

    finding_chosen = Signal(dict)
    proof_wanted = Signal(dict)
    proof_cancelled = Signal()
    recording_wanted = Signal(str)  # path of a proof
    lane_chosen = Signal(int)
    source_requested = Signal(str, int)  # file, line
    order_wanted = Signal(int, int)  # lock held and lock taken, to be shown in the lock-order graph

    def __init__(self, themes: ActiveTheme, times: RulerTimes, parent: QWidget | None = None) -> None:
        super().__init__(HINT, parent)
        self._themes, self._times = themes, times
        self._proving: int | None = None  # id of the finding
        self._obstacle = ""
        self._searching = self._given_up = False
        self._following = True  # the worst finding is shown until another is chosen
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.setChildrenCollapsible(False)
        self.table: RowTable[dict[str, Any]] = RowTable(
            "Findings",
            (
                Column("Severity", lambda f: str(f["severity"]), 76, colour=self._colour),
                Column("Certainty", lambda f: str(f["certainty"]), 84),
                Column("At", self._time, 104, number=True),
                Column("Finding", lambda f: str(f["title"])),
            ),
            key=lambda finding: finding["id"],
            parent=body,
        )
        self.text = LinkedText("The finding in words", body)
        self.text.anchorClicked.connect(self._on_link)
        self._html = ""
        DressWhenSeen(self, themes, lambda: self.text.setHtml(self._html))  # links keep the colour they were written in
        body.addWidget(self.table)
        body.addWidget(self._make_words(body))
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        self.table.row_chosen.connect(self._on_row_chosen)
        times.changed.connect(self.table.row_model.retell)
        self.set_body(body)

    def _make_words(self, parent: QWidget) -> QWidget:
        """The text, and below it what can be done about a prediction."""
        self.prove = QPushButton("Prove it", parent)
        self.prove.clicked.connect(self._on_prove)
        self.cancel = QPushButton("Cancel", parent)
        self.cancel.setToolTip("End the attempt; the finding stays a prediction")
        self.cancel.clicked.connect(self.proof_cancelled)
        self.show_order = QPushButton("Lock order", parent)
        self.show_order.setToolTip("Show these locks in the graph of all lock orders")
        self.show_order.clicked.connect(self._on_show_order)
        self.open_proof = QPushButton("Open the proof", parent)
        self.open_proof.setToolTip("Open the recording of the run in which it happened")
        self.open_proof.clicked.connect(self._on_open_proof)
        self.remark = QLabel(parent)
        self.remark.setProperty("role", "small")
        self.remark.setWordWrap(True)
        self.foot = QWidget(parent)
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(8, 4, 8, 4)
        for button in (self.prove, self.cancel, self.open_proof, self.show_order):
            row.addWidget(button)
        row.addWidget(self.remark, 1)
        words = QWidget(parent)
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.text, 1)
        column.addWidget(self.foot)
        self._show_possible()
        return words

    def forget(self) -> None:
        self._given_up, self._following = False, True
        self.set_hint(HINT)
        self.table.set_rows([])
        self._html = ""
        self.text.clear()
        self._show_possible()

    def update_body(self, model: Model) -> bool:
        findings = sorted(model.findings.values(), key=_worst_first)
        self.table.set_rows(findings)
        if findings and (self._following or self.table.chosen() is None):
            with QSignalBlocker(self.table):  # nobody chose it: the timeline stays where it is
                self.table.selectRow(0)
        self._show_text(self.table.chosen())
        self._show_hint()
        return bool(findings)

    def show_search(self, *, searching: bool, completed: bool) -> None:
        """Whether the whole recording is being looked through, or has been."""
        self._searching, self._given_up = searching, not searching and not completed
        if self.model is not None and self.model.findings:
            self.refresh_soon()  # else it would say that nothing was found until they are shown
        else:
            self._show_hint()

    def _show_hint(self) -> None:
        finished = self.model is not None and self.model.finished
        nothing = GIVEN_UP if self._given_up else NOTHING if finished else HINT
        self.set_hint(LOOKING if self._searching else nothing)

    def show_proof(self, finding: int | None, words: str, obstacle: str, command: str) -> None:
        """`finding` (an id) is being proven and stands so; `obstacle` says why none can be now; `command` is run."""
        self._proving, self._obstacle = finding, obstacle
        self.prove.setToolTip(obstacle or f"{PROVE}: {command}")
        self.remark.setText(words)
        self._show_possible()

    def _show_possible(self) -> None:
        chosen = self.table.chosen() if self.model is not None else None
        certainty = chosen["certainty"] if chosen is not None else ""
        proving = chosen is not None and self._proving == chosen["id"]
        provable = chosen is not None and is_provable(chosen)
        self.foot.setVisible(provable or certainty == "confirmed")
        buttons = self.prove, self.cancel, self.open_proof
        focused = any(button.hasFocus() for button in buttons)
        self.prove.setVisible(provable and not proving)
        self.prove.setEnabled(not self._obstacle and self._proving is None)
        self.cancel.setVisible(proving)
        self.open_proof.setVisible(bool(chosen and chosen.get("recording")))
        if not proving and chosen is not None:
            self.remark.setText(str(chosen.get("proof") or self._obstacle))
        if focused and not any(button.hasFocus() for button in buttons):  # it was hidden
            usable = [button for button in buttons if button.isVisible() and button.isEnabled()]
            (usable[-1] if usable else self.table).setFocus()

    def _on_prove(self) -> None:
        chosen = self.table.chosen()
        if chosen is not None:
            self._following = False
            self.proof_wanted.emit(chosen)

    def _on_open_proof(self) -> None:
        chosen = self.table.chosen()
        if chosen is not None and chosen.get("recording"):
            self.recording_wanted.emit(str(chosen["recording"]))

    def _on_show_order(self) -> None:
        chosen = self.table.chosen()
        if chosen is not None and chosen.get("edges"):
            *_, before, last = (edge["primitive"] for edge in chosen["edges"])
            self.order_wanted.emit(before, last)

    def _on_row_chosen(self, finding: dict[str, Any]) -> None:
        self._following = False
        self._show_text(finding)
        self.finding_chosen.emit(finding)

    def _show_text(self, finding: dict[str, Any] | None) -> None:
        text = words(self.model, finding) if finding is not None and self.model is not None else ""
        if text != self._html:
            self._html = text
            self.text.setHtml(text)
        self._show_possible()

    def _on_link(self, url: QUrl) -> None:
        lane, line = linked_lane(url), linked_line(url)
        if lane is not None:
            self.lane_chosen.emit(lane)
        elif line is not None:
            self.source_requested.emit(*line)

    def _time(self, finding: dict[str, Any]) -> str:
        if self.model is None:
            return ""
        return self._times.text(self.model, finding["start_ns"] or self.model.start_ns, RESOLUTION_NS)

    def _colour(self, finding: dict[str, Any]) -> str:
        surfaces = self._themes.current.surfaces
        return {"error": surfaces.danger, "warning": surfaces.warning}.get(finding["severity"], "")


def _worst_first(finding: dict[str, Any]) -> tuple[int, bool, int]:
    return ORDER.get(finding["severity"], 3), finding["certainty"] not in CERTAIN, finding["start_ns"] or 0


def words(model: Model, finding: dict[str, Any]) -> str:
    """The finding as HTML: title, explanation, who took what where, advice."""
    parts = [f"<b>{escape(finding['title'])}</b>", escape(finding["explanation"]), *_steps(model, finding)]
    parts.append(escape(finding.get("advice") or ""))
    if finding.get("resolved_ns"):
        parts.append("It has come to an end since.")
    return "".join(f"<p>{part}</p>" for part in parts if part)


def _steps(model: Model, finding: dict[str, Any]) -> Iterator[str]:
    """A line for each lane of a deadlock, found or predicted, with links to where it took what it holds and waits."""
    edges, told = finding.get("edges") or (), set()
    holds = dict(zip(finding.get("lanes") or (), finding.get("participants") or (), strict=False))
    first, then = ("took", "then took") if finding["certainty"] in ("predicted", "inferred") else ("holds", "waits for")
    for edge, held in zip(edges, hold_edges(edges), strict=True):
        wanted = model.primitives.get(edge["primitive"])
        if wanted is None or (edge["waiter"], wanted.id) in told:  # any of several could end its wait
            continue
        told.add((edge["waiter"], wanted.id))
        sentence = f"{lane_link(model, edge['waiter'])} "
        if held is not None and held["hold_site"] and held["primitive"] in model.primitives:
            kept = model.primitives[held["primitive"]]
            sentence += f"{first} {escape(kept.short)} at {line_link(model.site(held['hold_site']))}, "
        elif labels := (holds.get(edge["waiter"]) or {}).get("holds"):  # taken in another process: no line is known
            sentence += f"{first} {escape(' and '.join(labels))}, "
        yield f"{sentence}{then} {escape(wanted.short)}{_at(model.site(edge['wait_site']))}"
    if finding.get("edges") is not None:
        yield from _stuck_alone(model, finding, {edge["waiter"] for edge in edges})
    else:
        yield from _places(model, finding)


def _places(model: Model, finding: dict[str, Any]) -> Iterator[str]:
    """Where in the program it happened, for each lane of which that is known; innermost first."""
    for lane, each in zip(finding.get("lanes") or (), finding.get("participants") or (), strict=False):
        if each["stack"]:
            lines = [line_link(Site(**frame)) for frame in each["stack"][: -1 - MOST_LINES : -1]]
            yield f"{lane_link(model, lane)} at {', called at '.join(lines)}"


def _stuck_alone(model: Model, finding: dict[str, Any], told: set[int]) -> Iterator[str]:
    """Lanes that wait for what nobody is left to do: no edge leads from them."""
    for lane, each in zip(finding.get("lanes") or (), finding.get("participants") or (), strict=False):
        if lane not in told:
            site = Site(**each["stack"][-1]) if each["stack"] else None
            yield f"{lane_link(model, lane)} waits for {escape(each['waits_for'])}{_at(site)}"


def _at(site: Site | None) -> str:
    """Nothing where only the system tells of the wait."""
    return f" at {line_link(site)}" if site is not None else ""
