"""The panel of locks: what the costliest one's contention looks like, and ways from there to the timeline."""

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from pytestqt.qtbot import QtBot

from gui.panels.locks import LocksPanel
from gui.theme import ActiveTheme
from tests.engine.analysis.made import MS, START, single_file


@pytest.fixture
def panel(qtbot: QtBot) -> LocksPanel:
    panel = LocksPanel(ActiveTheme(dark=True))
    qtbot.addWidget(panel)
    panel.resize(1000, 300)
    panel.show()
    panel.show_model(single_file(3, 5, 4.0))
    panel.refresh()  # once: at rest nobody asks again
    qtbot.waitUntil(lambda: panel.profile.profile is not None)
    return panel


def test_the_lock_that_costs_most_is_shown_without_being_asked_for(panel: LocksPanel) -> None:
    said = panel.profile.text.toPlainText()
    assert "Lock accounts" in said
    assert said.index("longest wait") < said.index("Who blocked whom") < said.index("Lines that hold it longest")
    chosen = panel.table.chosen()
    assert chosen is not None
    assert chosen.primitive.name == "accounts"


def test_the_longest_wait_and_a_point_of_the_picture_lead_to_the_timeline(qtbot: QtBot, panel: LocksPanel) -> None:
    moments: list[tuple[float, int | None]] = []
    panel.moment_chosen.connect(lambda time_ns, lane: moments.append((time_ns, lane)))
    panel.profile._on_link(QUrl(f"moment:2:{START + 8 * MS}"))
    chart = panel.profile.chart
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(chart.width() // 2, chart.height() - 10))
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(chart.width() // 2, 10))
    assert moments[0] == (START + 8 * MS, 2)
    assert [lane for _, lane in moments[1:]] == [None]
    assert moments[1][0] == pytest.approx(START + 30 * MS, abs=2 * MS)


def test_enter_on_a_lock_goes_to_its_longest_wait(qtbot: QtBot, panel: LocksPanel) -> None:
    moments: list[tuple[float, int | None]] = []
    panel.moment_chosen.connect(lambda time_ns, lane: moments.append((time_ns, lane)))
    longest = panel.profile.profile.longest_wait if panel.profile.profile is not None else None
    assert longest is not None
    panel.profile.show_primitive(panel.model, panel.table.chosen())  # as when it was chosen just now
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(moments))
    assert moments == [(longest[1], longest[0])]


def test_the_histogram_tells_its_figures_to_the_pointer(panel: LocksPanel) -> None:
    chart, profile = panel.profile.chart, panel.profile.profile
    assert profile is not None
    told = {chart.figures_at(QPoint(x, 30)) for x in range(chart.width())} - {""}
    assert sum(int(line.split(": ")[1].split()[0]) for line in told) == profile.wait_histogram.sum()
    assert chart.figures_at(QPoint(chart.width() // 2, chart.height() - 10)) == ""
