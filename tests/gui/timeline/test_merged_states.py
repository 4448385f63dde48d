"""Where the system does not tell GIL wait from core wait, the window says so."""

from pytestqt.qtbot import QtBot

from engine.recording.schema import State
from gui.panels.legend import Legend
from tests.gui.timeline.conftest import Bench


def test_the_legend_names_merged_states_as_such(bench: Bench, qtbot: QtBot) -> None:
    legend = Legend(bench.view, bench.filters, bench.themes)
    qtbot.addWidget(legend)
    legend.resize(1200, 28)
    legend.show()
    legend.show_model(bench.model)
    entry, next_one = legend.entries[State.GIL_WAIT], legend.entries[State.CORE_WAIT]
    assert entry.name == "GIL wait"
    before = next_one.x()
    bench.model.attribution.methods[0] = "cpu_time"
    legend.count()
    assert entry.name == entry.accessibleName() == "GIL or core wait"
    assert next_one.x() > before
    bench.model.attribution.methods[0] = "system_calls"
    legend.count()
    assert entry.name == "GIL wait"
    assert next_one.x() == before
