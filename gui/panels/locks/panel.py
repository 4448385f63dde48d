"""Locks: which one costs the most waiting; choosing one lights it up in every lane and shows its contention."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from engine.model.entities import Primitive
from engine.model.format import duration, percent
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.statistics import LockStatistics, by_cost, each_lock
from gui.panels.locks.profile import ProfileView
from gui.theme import ActiveTheme
from gui.widgets.figures import grouped
from gui.widgets.panel import Panel
from gui.widgets.row_table import Column, RowTable

REPORTS = "/engine/backends/channel.py"  # over which workers report to Lanescope
TABLE_PX, PROFILE_PX = 640, 360  # as they share what there is at first
LONG_PX = 88  # of a column with times that may be minutes
WAITED = 2  # column that the table is sorted by at first


class LocksPanel(Panel):
    """One row a primitive that was held or waited for; beside it what is known of the chosen one.

    Enter goes to its longest wait.
    """

    primitive_chosen = Signal(int)
    lane_chosen = Signal(int)
    source_requested = Signal(str, int)  # file, line
    moment_chosen = Signal(float, object)  # time in ns, lane or None

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__("Locks and other primitives appear here once a lane has taken one or waited for one.", parent)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.setChildrenCollapsible(False)
        self.table: RowTable[LockStatistics] = RowTable(
            "Locks", columns(), key=lambda row: row.primitive.id, parent=body
        )
        self.table.make_sortable(WAITED, descending=True)
        self.profile = ProfileView(themes, body)
        body.addWidget(self.table)
        body.addWidget(self.profile)
        body.setSizes([TABLE_PX, PROFILE_PX])
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        self._rows: list[LockStatistics] = []
        self.table.row_chosen.connect(self._on_row_chosen)
        self.table.row_opened.connect(lambda _: self.profile.go_to_longest())
        self.profile.lane_chosen.connect(self.lane_chosen)
        self.profile.source_requested.connect(self.source_requested)
        self.profile.moment_chosen.connect(self.moment_chosen)
        self.set_body(body)

    def forget(self) -> None:
        self.table.set_rows([])
        self.profile.show_primitive(None, None)

    def prepare(self, model: Model) -> Iterator[None]:
        rows = []
        for row in each_lock(model):
            if row is not None and not is_plumbing(row.primitive):
                rows.append(row)
            yield
        self._rows = sorted(rows, key=by_cost)

    def update_body(self, _model: Model) -> bool:
        self.table.set_rows(self._rows)
        if self.table.chosen() is None:
            self._choose_first()
        self.profile.follow(self.table.chosen())
        return bool(self._rows)

    def _choose_first(self) -> None:
        """The lock that cost the most waiting; it is not lit up before somebody chooses it."""
        for number, row in enumerate(self.table.row_model.rows):
            if row.primitive.kind in MUTEXES:
                self.table.selectRow(number)
                self.profile.show_primitive(self.model, row)
                return

    def _on_row_chosen(self, row: LockStatistics) -> None:
        self.profile.show_primitive(self.model, row)
        self.primitive_chosen.emit(row.primitive.id)


def columns() -> tuple[Column[LockStatistics], ...]:
    """What it is, how often it was taken, what waiting for it cost, how long it was held."""

    def time(title: str, value: str, explain: str = "", width: int = 72) -> Column[LockStatistics]:
        return Column(
            title,
            lambda r: waited(r, getattr(r, value)) if "wait" in value else held(r, getattr(r, value)),
            width,
            lambda r: getattr(r, value),
            number=True,
            explain=explain,
        )

    return (
        Column("Name", lambda r: r.primitive.name or r.primitive.place, 112),
        Column("Kind", lambda r: r.primitive.kind, 100),
        time("Waited", "wait_ns", "Time waited for it, by all lanes together", width=LONG_PX),
        Column(
            "Taken",
            lambda r: grouped(r.acquisitions),
            68,
            lambda r: r.acquisitions,
            number=True,
            explain="How often a lane got it; of what is not held, how often one waited for it",
        ),
        Column(
            "Contended",
            lambda r: percent(r.contended) if r.waits and r.hold_ns else "",
            80,
            lambda r: r.contended,
            number=True,
            explain="Share of the acquisitions that had to wait",
        ),
        time("Median wait", "median_wait_ns", "Half of the waits were shorter; within 5 %", width=92),
        time("p99 wait", "p99_wait_ns", "99 % of the waits were shorter; within 5 %", width=76),
        time("Longest wait", "longest_wait_ns", "The longest time that a lane waited for it at once", width=96),
        time("Held", "hold_ns", "Time for which it was held, by all lanes together", width=LONG_PX),
        time("Median hold", "median_hold_ns", "Half of the holds were shorter; within 5 %", width=92),
        time("p99 hold", "p99_hold_ns", "99 % of the holds were shorter; within 5 %", width=76),
        time("Longest hold", "longest_hold_ns", "The longest time that a lane held it at once", width=96),
        Column(
            "Hand-offs",
            lambda r: grouped(r.hand_offs) if r.hand_offs else "",
            80,
            lambda r: r.hand_offs,
            number=True,
            explain="Holds by another lane than the one before",
        ),
        Column("Made at", lambda r: r.primitive.place, 130, tip=lambda r: f"{r.primitive.file}:{r.primitive.line}"),
    )


def is_plumbing(primitive: Primitive) -> bool:
    """Whether it is none of the program's: made by the interpreter's own machinery, or by that of Lanescope."""
    return primitive.internal or f"/{primitive.file}".replace("\\", "/").endswith(REPORTS)


def waited(row: LockStatistics, time_ns: int) -> str:
    """A time waited; nothing for what nobody waited for."""
    return duration(time_ns) if row.waits else ""


def held(row: LockStatistics, time_ns: int) -> str:
    """A time held; nothing for what nobody holds: a thread, a queue, a barrier."""
    return duration(time_ns) if row.hold_ns or row.longest_hold_ns else ""
