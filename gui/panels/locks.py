"""Locks: which one costs the most waiting; choosing one lights it up in every lane."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.model.format import duration
from engine.model.model import Model
from engine.model.statistics import LockStatistics, lock_statistics
from gui.theme import ActiveTheme
from gui.widgets.figures import grouped
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

WAITED = 4  # column that the table is sorted by at first


class LocksPanel(Panel):
    """One row a primitive that was held or waited for."""

    primitive_chosen = Signal(int)

    def __init__(self, _themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__("Locks and other primitives appear here once a lane has taken one or waited for one.", parent)
        self.table: RowTable[LockStatistics] = RowTable(
            "Locks",
            (
                Column("Name", lambda r: r.primitive.name or r.primitive.place, 150),
                Column("Kind", lambda r: r.primitive.kind, 120),
                Column(
                    "Made at", lambda r: r.primitive.place, 0, tip=lambda r: f"{r.primitive.file}:{r.primitive.line}"
                ),
                Column("Taken", lambda r: grouped(r.acquisitions), 90, lambda r: r.acquisitions, number=True),
                Column(
                    "Waited",
                    lambda r: duration(r.wait_ns),
                    90,
                    lambda r: r.wait_ns,
                    number=True,
                    explain="By all lanes together",
                ),
                Column("Waits", lambda r: grouped(r.waits), 80, lambda r: r.waits, number=True),
                Column(
                    "Longest wait", lambda r: duration(r.longest_wait_ns), 100, lambda r: r.longest_wait_ns, number=True
                ),
                Column("Held", lambda r: held(r, r.hold_ns), 90, lambda r: r.hold_ns, number=True),
                Column(
                    "Longest hold", lambda r: held(r, r.longest_hold_ns), 100, lambda r: r.longest_hold_ns, number=True
                ),
            ),
            key=lambda row: row.primitive.id,
            parent=self,
        )
        self.table.make_sortable(WAITED, descending=True)
        self.table.row_chosen.connect(lambda row: self.primitive_chosen.emit(row.primitive.id))
        self.set_body(self.table)

    def forget(self) -> None:
        self.table.set_rows([])

    def update_body(self, model: Model) -> bool:
        rows = [row for row in lock_statistics(model) if not row.primitive.plumbing]
        self.table.set_rows(rows)
        return bool(rows)


def held(row: LockStatistics, time_ns: int) -> str:
    """A time held; nothing for what nobody holds: a thread, a queue, a barrier."""
    return duration(time_ns) if row.hold_ns or row.longest_hold_ns else ""
