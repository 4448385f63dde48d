"""A timeline on a recording written by hand: 1200 px wide, so that 100 ms take 1000 px of lanes."""

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.model.model import Model
from gui.action_table import ACTIONS, IN_TIMELINE
from gui.actions import Actions
from gui.state.arrangement import FIRST_NAMES_PX as NAMES_PX
from gui.state.filters import Filters
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.canvas import Canvas
from gui.timeline.input.commands import Commands
from gui.timeline.layout.row_shape import ROW_PX
from gui.timeline.timeline import Timeline
from tests.gui.timeline.recordings import MS, START, by_hand

SCROLL_BAR_PX = 12


@dataclass
class Bench:
    """A timeline with the state objects it shares, and hands to work it."""

    timeline: Timeline
    view: ViewWindow
    selection: Selection
    filters: Filters
    themes: ActiveTheme
    model: Model
    acts: Actions

    @property
    def canvas(self) -> Canvas:
        return self.timeline.canvas

    def x(self, ms: float) -> float:
        """Where a time (ms since the start) lies."""
        return self.canvas.geometry_now().scale.x(START + ms * MS)

    def y(self, lane: int, down: float = 10) -> float:
        """A height within a lane's row."""
        row = self.canvas.rows.of_lane(lane)
        assert row is not None
        return self.canvas.geometry_now().row_top(row) + down

    def picture(self) -> QImage:
        QApplication.processEvents()
        self.canvas.settle()
        return self.canvas.grab().toImage()

    def colour(self, ms: float, lane: int, down: float = 10) -> QColor:
        """The colour on screen at a time and lane."""
        return self.picture().pixelColor(round(self.x(ms)), round(self.y(lane, down)))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.canvas, key, modifiers)

    def mouse(
        self,
        kind: QMouseEvent.Type,
        at: tuple[float, float],
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        place = QPointF(*at)
        held = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseButtonRelease else button
        event = QMouseEvent(kind, place, self.canvas.mapToGlobal(place), button, held, modifiers)
        QApplication.sendEvent(self.canvas, event)

    def click(self, at: tuple[float, float]) -> None:
        self.mouse(QMouseEvent.Type.MouseButtonPress, at)
        self.mouse(QMouseEvent.Type.MouseButtonRelease, at)

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        self.mouse(QMouseEvent.Type.MouseButtonPress, start, button, modifiers)
        for share in (0.5, 1.0):
            at = tuple(a + (b - a) * share for a, b in zip(start, end, strict=True))
            self.mouse(QMouseEvent.Type.MouseMove, (at[0], at[1]), button, modifiers)
        self.mouse(QMouseEvent.Type.MouseButtonRelease, end, button, modifiers)


def make_bench(qtbot: QtBot, model: Model, *, live: bool = False, dark: bool = True) -> Bench:
    view, selection, filters, themes = ViewWindow(), Selection(), Filters(), ActiveTheme(dark)
    timeline = Timeline(view, selection, filters, themes)
    qtbot.addWidget(timeline)
    timeline.resize(NAMES_PX + 1000 + SCROLL_BAR_PX, 480)
    timeline.canvas.set_row_height(ROW_PX)
    acts = Actions(timeline, lambda: themes.current.surfaces.text)
    Commands(timeline, acts.__getitem__)
    timeline.addActions([acts[spec.id] for spec in ACTIONS if spec.menu in IN_TIMELINE])
    timeline.show()
    timeline.show_model(model, live=live)
    return Bench(timeline, view, selection, filters, themes, model, acts)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """The recording by hand, its 100 ms from edge to edge."""
    made = make_bench(qtbot, by_hand())
    made.view.show(START, START + 100 * MS)
    return made
