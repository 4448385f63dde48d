"""Workers: how far each has come, what it returned or failed with, what its lane is doing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from engine.model.entities import Lane
from engine.model.model import Model
from gui.theme import STATE_NAMES, ActiveTheme
from gui.widgets.figures import grouped
from gui.widgets.natural import natural
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable, ShareBar

STANDARD_ERROR = 2
LONGEST_TRACEBACK = 40  # lines
LONGEST_RESULT = 60  # characters


@dataclass(frozen=True)
class WorkerRow:
    """A worker's last report and its lane, if that is known."""

    name: str
    report: dict[str, Any]
    lane: Lane | None
    state: str
    doing: str
    traceback: str

    @property
    def share(self) -> float | None:
        total = self.report.get("total")
        return min(1.0, self.report["done"] / total) if total else None

    @property
    def error(self) -> str:
        return str(self.report.get("error") or (self.lane.error if self.lane else ""))


class WorkersPanel(Panel):
    """One row a worker that reports progress."""

    lane_chosen = Signal(int)

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__("Workers appear here with their progress, results and errors while a scenario runs.", parent)
        self._themes = themes
        self._rows: list[WorkerRow] = []
        self.table: RowTable[WorkerRow] = RowTable(
            "Workers",
            (
                Column("Worker", lambda r: r.name, 150, sort_key=lambda r: natural(r.name)),
                Column("Progress", progress_text, 130, sort_key=lambda r: r.share or 0.0, share=lambda r: r.share),
                Column("Doing", lambda r: r.doing, 150),
                Column(
                    "Items",
                    lambda r: grouped(r.report.get("items") or 0),
                    90,
                    lambda r: r.report.get("items") or 0,
                    True,
                ),
                Column("State", lambda r: r.state, 100),
                Column(
                    "Result",
                    lambda r: shown(r.report.get("result")),
                    180,
                    tip=lambda r: str(r.report.get("result") or ""),
                ),
                Column("Error", first_line, tip=lambda r: r.traceback or r.error, colour=self._error_colour),
            ),
            key=lambda row: row.name,
            parent=self,
        )
        self.table.setItemDelegateForColumn(1, ShareBar(self.table, lambda: QColor(themes.current.surfaces.accent)))
        self.table.make_sortable(0)
        self.table.row_chosen.connect(self._on_row_chosen)
        self.set_body(self.table)

    def forget(self) -> None:
        self.table.set_rows([])

    def prepare(self, model: Model) -> Iterator[None]:
        lanes = lanes_of_workers(model)
        rows = []
        for name, report in list(model.workers.items()):
            rows.append(self._row(model, lanes, str(name), report))
            yield
        self._rows = rows

    def update_body(self, _model: Model) -> bool:
        self.table.set_rows(self._rows)
        return bool(self._rows)

    @staticmethod
    def _row(model: Model, lanes: dict[str, Lane], worker: str, report: dict[str, Any]) -> WorkerRow:
        lane = lanes.get(worker)
        over = model.finished or (lane is not None and lane.end_ns is not None)
        doing = ending(lane, report) if over else str(report.get("label") or "")
        return WorkerRow(worker, report, lane, lane_state(model, lane), doing, error_output(model, lane, report))

    def _on_row_chosen(self, row: WorkerRow) -> None:
        if row.lane is not None:
            self.lane_chosen.emit(row.lane.id)

    def _error_colour(self, row: WorkerRow) -> str:
        return self._themes.current.surfaces.danger if row.error else ""


def lanes_of_workers(model: Model) -> dict[str, Lane]:
    """Worker's name → lane: the thread of that name, else the first thread of the process of that name."""
    processes = {process.id: process.name for process in model.processes}
    lanes: dict[str, Lane] = {}
    for lane in model.lanes:
        lanes.setdefault(processes.get(lane.process, ""), lane)
    lanes.update((lane.name, lane) for lane in model.lanes)
    return lanes


def error_output(model: Model, lane: Lane | None, report: dict[str, Any]) -> str:
    """What a failed worker wrote to standard error, which is where its traceback stands."""
    if lane is None or not (report.get("error") or lane.error):
        return ""
    lines = [line["text"] for line in model.output if line.get("lane") == lane.id and line["stream"] == STANDARD_ERROR]
    return "".join(lines[-LONGEST_TRACEBACK:]).rstrip()


def lane_state(model: Model, lane: Lane | None) -> str:
    """What a lane is doing at the newest moment known."""
    if lane is None:
        return ""
    if lane.end_ns is not None:
        return "failed" if lane.error else "ended"
    now = model.states.slice_at(lane.id, max(lane.start_ns, model.end_ns - 1))
    return STATE_NAMES[now.state] if now else ""


def ending(lane: Lane | None, report: dict[str, Any]) -> str:
    """How a worker that is over has ended: done, failed, killed by SIGKILL, or before its work was done."""
    error = str(report.get("error") or (lane.error if lane is not None else ""))
    if error:
        killed = re.search(r"killed by \w+", error)
        return killed.group() if killed else "failed"
    done, total = report.get("done") or 0, report.get("total")
    return "done" if report.get("result") or not total or done >= total else "ended early"


def progress_text(row: WorkerRow) -> str:
    """50 % (5 of 10), or the plain number where the end is not known."""
    done, total = row.report.get("done") or 0, row.report.get("total")
    return f"{100 * min(done, total) // total:3d} %  {grouped(done)} of {grouped(total)}" if total else grouped(done)


def shown(result: Any) -> str:
    """A result in one short line; its tip has the whole."""
    text = "" if result is None else " ".join(str(result).split())
    return text if len(text) <= LONGEST_RESULT else f"{text[: LONGEST_RESULT - 1]}…"


def first_line(row: WorkerRow) -> str:
    lines = [line for line in row.error.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
