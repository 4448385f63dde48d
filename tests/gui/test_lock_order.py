"""The lock-order graph: a layered drawing that stays as it is, and what its parts tell."""

import random
from itertools import combinations

import pytest
from PySide6.QtCore import QPointF, Qt, QUrl
from pytestqt.qtbot import QtBot

from engine.model.entities import Site
from engine.model.model import Model
from engine.model.nestings import Nesting
from gui.panels.lock_order import LockOrderPanel
from gui.panels.lock_order.data import MOST_LOCKS
from gui.panels.lock_order.panel import ChosenOrder
from gui.theme import ActiveTheme
from gui.widgets.graph.layered import lay_out, parts_of
from tests.engine.analysis.test_lock_cycles import model, nesting

SIZE = (60.0, 20.0)


def boxes(middles: dict[int, tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    return [(x - 30, y - 10, x + 30, y + 10) for x, y in middles.values()]


@pytest.mark.parametrize("seed", range(8))
def test_layers_lead_from_the_first_locks_to_the_last_and_nothing_overlaps(seed: int) -> None:
    chance = random.Random(seed)
    links = {(a, b) for a, b in (sorted(chance.sample(range(1, 25), 2)) for _ in range(40))}
    nodes = {end for link in links for end in link}
    for part in parts_of(nodes, links):
        inside = [link for link in links if link[0] in part]
        drawn = lay_out(dict.fromkeys(part, SIZE), inside, {})
        assert set(drawn.middles) == set(part)
        assert all(drawn.middles[a][0] < drawn.middles[b][0] for a, b in inside)
        for one, other in combinations(boxes(drawn.middles), 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert all(y - 10 >= 0 and y + 10 <= drawn.across + 1e-6 for _, y in drawn.middles.values())


def test_an_edge_that_closes_a_circle_leads_back() -> None:
    drawn = lay_out(dict.fromkeys((1, 2, 3), SIZE), [(1, 2), (2, 3), (3, 1)], {})
    assert drawn.middles[1][0] < drawn.middles[2][0] < drawn.middles[3][0]
    assert len(drawn.ways[3, 1]) == 1, "through the layer between"


def test_what_was_there_keeps_its_order_when_more_comes() -> None:
    links = [(1, 2), (1, 3), (1, 4), (2, 5), (3, 5), (4, 5)]
    before = lay_out(dict.fromkeys(range(1, 6), SIZE), links, {})
    places = {node: y for node, (_, y) in before.middles.items()}
    after = lay_out(dict.fromkeys(range(1, 8), SIZE), [*links, (1, 6), (6, 7)], places)
    assert sorted((2, 3, 4), key=lambda n: after.middles[n][1]) == sorted((2, 3, 4), key=places.__getitem__)


def with_lines(nestings: list[Nesting], *, locks: int = 6) -> Model:
    made = model(4, nestings, locks=locks)
    made.states.add_lanes([0] * len(made.lanes))
    made._sites = {1: Site("bank.py", 4, "debit"), 2: Site("bank.py", 5, "debit")}
    return made


INVERTED = [nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 1), nesting(3, 20, (2,), 3), nesting(1, 20, (4,), 5)]


@pytest.fixture
def panel(qtbot: QtBot) -> LockOrderPanel:
    panel = LockOrderPanel(ActiveTheme(dark=True))
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    return panel


def show(panel: LockOrderPanel, made: Model) -> None:
    panel.show_model(made)
    panel.refresh()
    panel.finish()
    panel.canvas.grab()


def test_a_program_whose_locks_never_nest_gets_a_hint(panel: LockOrderPanel) -> None:
    show(panel, with_lines([]))
    assert panel._stack.currentIndex() == 0
    show(panel, with_lines(INVERTED))
    assert panel._stack.currentIndex() == 1
    assert panel.caption.text() == "5 locks in 4 orders"
    assert "Possible deadlock" in panel.text.toPlainText()


def test_choosing_an_arrow_tells_who_took_both_locks_where(qtbot: QtBot, panel: LockOrderPanel) -> None:
    made = with_lines(
        [nesting(1, 20, (1,), 2)._replace(stack=2, held=(nesting(1, 0, (1,), 2).held[0]._replace(stack=1),))]
    )
    show(panel, made)
    chosen: list[ChosenOrder] = []
    lanes: list[int] = []
    panel.order_chosen.connect(chosen.append)
    panel.lane_chosen.connect(lanes.append)
    area = panel.canvas.label_area((1, 2))
    assert area is not None
    with qtbot.waitSignal(panel.code_wanted, timeout=1000):
        qtbot.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert [each.order.lanes for each in chosen] == [[1]]
    assert lanes == [1]
    said = panel.text.toPlainText()
    assert "lock-2 taken while lock-1 was held" in said
    assert said.index("bank.py:4") < said.index("bank.py:5")
    with qtbot.waitSignal(panel.source_requested, check_params_cb=lambda file, line: (file, line) == ("bank.py", 5)):
        panel._on_link(QUrl("line:bank.py:5"))


def test_choosing_a_lock_tells_what_is_taken_inside_it(qtbot: QtBot, panel: LockOrderPanel) -> None:
    show(panel, with_lines(INVERTED))
    area = panel.canvas.node_area(2)
    assert area is not None
    with qtbot.waitSignal(panel.primitive_chosen, timeout=1000):
        qtbot.mouseClick(panel.canvas, Qt.MouseButton.LeftButton, pos=(area.center() + QPointF(1, 1)).toPoint())
    said = panel.text.toPlainText()
    assert said.index("Taken while it was held") < said.index("lock-3") < said.index("Taken while holding")


def test_only_what_is_asked_for_is_drawn(panel: LockOrderPanel) -> None:
    show(panel, with_lines(INVERTED))
    panel.circles_only.setChecked(True)
    assert {edge.key for edge in panel.canvas.drawing.edges} == {(1, 2), (2, 1)}
    panel.circles_only.setChecked(False)
    panel.filter.setText("lock-5")
    assert {edge.key for edge in panel.canvas.drawing.edges} == {(4, 5)}
    assert panel.caption.text() == "2 locks in 1 order of 5"


def test_hundreds_of_locks_are_cut_to_those_that_tell_most(panel: LockOrderPanel) -> None:
    chain = [nesting(1, 20, (lock,), lock + 1) for lock in range(1, 300)]
    made = with_lines([*chain, nesting(2, 20, (300,), 299)], locks=300)
    show(panel, made)
    drawn = {node.key for node in panel.canvas.drawing.nodes}
    assert len(drawn) <= MOST_LOCKS
    assert {299, 300} <= drawn, "the possible deadlock"
    assert "more not drawn" in panel.caption.text()


def test_locks_of_one_line_can_be_one_node(panel: LockOrderPanel) -> None:
    made = with_lines([nesting(1, 20, (1,), 2), nesting(2, 20, (2,), 3)])
    for primitive in made.primitives.values():
        primitive.line = 7
    show(panel, made)
    panel.by_line.setChecked(True)
    (node,) = panel.canvas.drawing.nodes
    (edge,) = panel.canvas.drawing.edges
    assert node.text == "bank.py:7 ×6"
    assert edge.start == edge.end == node.key


def test_a_choice_survives_what_comes_meanwhile(panel: LockOrderPanel) -> None:
    made = with_lines(INVERTED[:1])
    show(panel, made)
    panel._choose_order((1, 2))
    made.nestings = INVERTED[:]
    made.version += 1
    panel._next_at = 0.0
    panel.refresh()
    panel.finish()
    assert panel.canvas.chosen_edge == (1, 2)
    assert "Part of a possible deadlock" in panel.text.toPlainText()
