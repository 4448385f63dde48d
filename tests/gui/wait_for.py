"""A wait-for panel on a recording, as it stands in the window."""

from pytestqt.qtbot import QtBot

from engine.model.model import Model
from gui.panels.wait_for.panel import WaitForPanel
from gui.state.arrangement import Arrangement
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes


def show_wait_for(qtbot: QtBot, model: Model, size: tuple[int, int]) -> WaitForPanel:
    """With the deadlock of the recording, everything where it belongs; what is chosen there is selected."""
    selection, view = Selection(), ViewWindow()
    panel = WaitForPanel(selection, view, ActiveTheme(dark=True), RulerTimes(Arrangement(), selection))
    panel.slice_chosen.connect(selection.select_slice)
    qtbot.addWidget(panel)
    view.reset(model.start_ns, model.end_ns, live=False)
    panel.resize(*size)
    panel.show()
    panel.show_model(model)
    panel.refresh()
    qtbot.waitUntil(lambda: bool(panel.canvas.data.cycle) and panel.canvas.settled)  # takes several pieces
    return panel
