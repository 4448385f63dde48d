"""Lanes of the wait-for graph for which there is no room stand together in one node, and are unfolded in place."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.model.entities import Slice
from engine.model.model import Model
from gui.panels.wait_for.canvas import GraphCanvas
from gui.panels.wait_for.layout import GraphEdge
from gui.panels.wait_for.panel import WaitForPanel
from gui.widgets.graph import Node
from tests.engine.recorded import record_scenario
from tests.gui.wait_for import show_wait_for

LANES = 24


@pytest.fixture(scope="module")
def deadlock(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Each philosopher waits for the next, recorded for real."""
    path = tmp_path_factory.mktemp("deadlock") / "run.lane"
    return record_scenario("dining_philosophers", path, workers=LANES).model


@pytest.fixture
def panel(qtbot: QtBot, deadlock: Model) -> WaitForPanel:
    return show_wait_for(qtbot, deadlock, (290, 260))


def crowd_of(canvas: GraphCanvas) -> Node:
    (crowd,) = [node for node in canvas.drawing.nodes if node.members]
    return crowd


def middle_of(canvas: GraphCanvas, key: int) -> QPoint:
    area = canvas.node_area(key)
    assert area is not None
    return area.center().toPoint()


def click_crowd(qtbot: QtBot, canvas: GraphCanvas) -> None:
    middle = middle_of(canvas, crowd_of(canvas).key)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    canvas.grab()


def turn(canvas: GraphCanvas, at: QPoint, steps: int) -> None:
    place, turned = QPointF(at), QPoint(0, 120 * steps)
    plain, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        place, canvas.mapToGlobal(place), QPoint(), turned, Qt.MouseButton.NoButton, plain, phase, False
    )
    QApplication.sendEvent(canvas, event)


def test_a_click_unfolds_in_place_and_another_folds_again(qtbot: QtBot, panel: WaitForPanel) -> None:
    canvas, crowd = panel.canvas, crowd_of(panel.canvas)
    folded = canvas.grab().toImage()
    nodes = {node.key: canvas.node_area(node.key) for node in canvas.drawing.nodes}
    chosen: list[object] = []
    panel.slice_chosen.connect(chosen.append)
    click_crowd(qtbot, canvas)
    shown = canvas.members_shown
    assert len(shown) > 2
    assert set(shown) <= {member.key for member in crowd.members}
    assert all(canvas.rect().toRectF().contains(area) for area in shown.values())
    assert {node.key: canvas.node_area(node.key) for node in canvas.drawing.nodes} == nodes, "nothing has moved"
    assert chosen == [], "unfolding selects nobody"
    assert canvas.grab().toImage() != folded
    click_crowd(qtbot, canvas)
    assert not canvas.members_shown
    qtbot.mouseMove(canvas, QPoint(2, canvas.height() - 2))
    assert canvas.grab().toImage() == folded


def test_a_member_is_chosen_by_a_click_with_its_own_wait(qtbot: QtBot, panel: WaitForPanel, deadlock: Model) -> None:
    canvas = panel.canvas
    click_crowd(qtbot, canvas)
    lane, area = list(canvas.members_shown.items())[1]
    slices: list[Slice] = []
    edges: list[GraphEdge] = []
    panel.slice_chosen.connect(slices.append)
    panel.edge_chosen.connect(edges.append)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    ((found,), (edge,)) = slices, edges
    assert found.lane == edge.waiter == lane
    member = next(member for member in crowd_of(canvas).members if member.key == lane)
    awaited = deadlock.primitives[edge.primitive].short
    assert member.text == f"{deadlock.lane_label(lane)} → {awaited}", "each waits for something of its own"
    assert "waits for" in member.tip


def test_the_keyboard_unfolds_walks_over_the_members_and_folds(qtbot: QtBot, panel: WaitForPanel) -> None:
    canvas, crowd = panel.canvas, crowd_of(panel.canvas)
    chosen: list[int] = []
    canvas.node_chosen.connect(chosen.append)
    before = canvas.drawing.nodes.index(crowd)
    for _ in range(before + 1):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert len(chosen) == before, "those before it are chosen, not itself"
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert canvas.members_shown
    seen: set[int] = set()
    for member in crowd.members:
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
        assert member.key in canvas.members_shown, "what is chosen is in view"
        seen |= set(canvas.members_shown)
    assert chosen[before:] == [member.key for member in crowd.members]
    assert seen == {member.key for member in crowd.members}
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.members_shown
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert canvas.members_shown, "the keyboard is at the node that was folded"
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert not canvas.members_shown
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert chosen[-1] == canvas.drawing.nodes[before - 1].key


def test_the_wheel_shows_those_for_whom_there_is_no_room(qtbot: QtBot, panel: WaitForPanel) -> None:
    canvas, crowd = panel.canvas, crowd_of(panel.canvas)
    click_crowd(qtbot, canvas)
    first = dict(canvas.members_shown)
    at = next(iter(first.values())).center().toPoint()
    seen = set(first)
    for _ in range(len(crowd.members)):
        turn(canvas, at, -1)
        seen |= set(canvas.members_shown)
    assert seen == {member.key for member in crowd.members}
    for _ in range(len(crowd.members)):
        turn(canvas, at, 1)
    assert canvas.members_shown == first


def test_what_is_unfolded_stays_so_in_another_size_and_goes_with_its_graph(qtbot: QtBot, panel: WaitForPanel) -> None:
    canvas = panel.canvas
    click_crowd(qtbot, canvas)
    panel.resize(300, 290)
    qtbot.waitUntil(lambda: canvas.settled)
    assert set(canvas.members_shown) <= {member.key for member in crowd_of(canvas).members}
    assert canvas.members_shown
    panel.resize(1900, 1400)
    qtbot.waitUntil(lambda: canvas.settled)
    assert not any(node.members for node in canvas.drawing.nodes), "each has room"
    assert not canvas.members_shown
    panel.resize(290, 260)
    qtbot.waitUntil(lambda: canvas.settled)
    click_crowd(qtbot, canvas)
    panel.forget()
    qtbot.waitUntil(lambda: canvas.settled)
    assert not canvas.members_shown
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert not canvas.members_shown
