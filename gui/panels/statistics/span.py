"""What a selected span adds to the figures of its lanes: locks within it, and how many lanes ran at once."""

from dataclasses import dataclass

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from engine.model.format import count, duration
from engine.model.span import SpanPrimitive, SpanStatistics
from gui.theme import ActiveTheme
from gui.widgets.figures import fixed_percent, grouped
from gui.widgets.row_table import Column, RowTable, ShareBar

SHARE = 2  # column with a bar


@dataclass(frozen=True)
class AtOnceRow:
    """For how long exactly so many lanes ran at once (ns), and the share of the span that is."""

    lanes: int
    time_ns: int
    share: float
    exact: bool


def primitive_table(parent: QWidget) -> RowTable[SpanPrimitive]:
    """One row a primitive that was waited for or held within the span."""
    table: RowTable[SpanPrimitive] = RowTable(
        "Locks within the span",
        (
            Column("Name", lambda r: r.primitive.name or r.primitive.place, 150),
            Column("Kind", lambda r: r.primitive.kind, 120),
            Column("Made at", lambda r: r.primitive.place, 0),
            Column(
                "Waited", lambda r: about(r, duration(r.wait_ns)), 100, lambda r: r.wait_ns, number=True,
                explain="By all lanes together, within the span",
            ),
            Column("Waits", lambda r: about(r, grouped(r.waits)), 90, lambda r: r.waits, number=True),
            Column(
                "Longest wait", lambda r: at_least(r, duration(r.longest_wait_ns)), 100,
                lambda r: r.longest_wait_ns, number=True,
            ),
            Column(
                "Held", lambda r: about(r, duration(r.hold_ns)) if r.holds else "", 100,
                lambda r: r.hold_ns, number=True,
            ),
            Column(
                "Holds", lambda r: about(r, grouped(r.holds)) if r.holds else "", 90,
                lambda r: r.holds, number=True,
            ),
            Column(
                "Longest hold", lambda r: at_least(r, duration(r.longest_hold_ns)) if r.holds else "", 100,
                lambda r: r.longest_hold_ns, number=True,
            ),
        ),
        key=lambda row: row.primitive.id,
        parent=parent,
    )  # fmt: skip
    table.make_sortable()
    return table


def at_once_table(themes: ActiveTheme, parent: QWidget) -> RowTable[AtOnceRow]:
    """One row for each number of lanes that ran at once."""
    table: RowTable[AtOnceRow] = RowTable(
        "Lanes running at once",
        (
            Column("Running at once", lambda r: count(r.lanes, "lane") if r.lanes else "none", 150, lambda r: r.lanes),
            Column("Time", lambda r: about(r, duration(r.time_ns)), 90, lambda r: r.time_ns, number=True),
            Column(
                "Share", lambda r: about(r, fixed_percent(r.share)), 220, lambda r: r.share, share=lambda r: r.share
            ),
            Column("", lambda _r: ""),
        ),
        key=lambda row: row.lanes,
        parent=parent,
    )
    table.setItemDelegateForColumn(SHARE, ShareBar(table, lambda: QColor(themes.current.surfaces.accent)))
    table.make_sortable()
    return table


def at_once_rows(span: SpanStatistics) -> list[AtOnceRow]:
    """From none to the most that ran at once; estimated until all of the span has been looked at."""
    counted = span.running_ns.tolist()
    whole = sum(counted) or 1
    times = (round(time_ns * span.duration_ns / whole) for time_ns in counted)
    return [
        AtOnceRow(lanes, time_ns, time_ns / max(span.duration_ns, 1), span.complete)
        for lanes, time_ns in enumerate(times)
        if time_ns
    ]


def about(row: SpanPrimitive | AtOnceRow, figure: str) -> str:
    """A number or sum, told as the estimate that it is."""
    return figure if row.exact else f"≈ {figure}"


def at_least(row: SpanPrimitive, figure: str) -> str:
    """The longest one, as far as has been seen."""
    return figure if row.exact else f"≥ {figure}"
