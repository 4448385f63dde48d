"""The wait-for graph in little room: nodes apart and readable, labels on nothing else."""

from itertools import combinations, pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from engine.model.entities import Slice
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import State
from gui.panels.findings import words
from gui.panels.wait_for.canvas import GraphCanvas
from gui.panels.wait_for.data import data_of_finding
from gui.panels.wait_for.layout import GraphData, GraphEdge, RingLayout, cycle_order
from gui.panels.wait_for.panel import WaitForPanel
from gui.state.arrangement import Arrangement
from gui.state.selection import Selection
from gui.state.view_window import ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_base import RulerTimes
from gui.widgets.graph.labels import DOT
from tests.engine.recorded import record_scenario
from tests.gui.wait_for import show_wait_for


def ring_of(qtbot: QtBot, count: int, size: tuple[int, int]) -> tuple[GraphCanvas, GraphData]:
    """`count` lanes, each of which waits for the next."""
    model: Any = SimpleNamespace(
        lanes=range(count),
        lane_label=lambda lane: f"worker-{lane + 1}",
        primitives={n: SimpleNamespace(short=f"Lock fork {n + 1}") for n in range(count)},
    )
    edges = tuple(GraphEdge(n, (n + 1) % count, n, 1, 1, True) for n in range(count))
    data = GraphData(edges, cycle_order(range(count), edges))
    canvas = GraphCanvas(ActiveTheme(dark=True))
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.show_data(model, data)
    canvas.grab()
    return canvas, data


@pytest.mark.parametrize(("count", "size"), [(5, (240, 200)), (5, (240, 160)), (2, (240, 140)), (7, (240, 200))])
def test_nothing_lies_on_anything_else(qtbot: QtBot, count: int, size: tuple[int, int]) -> None:
    canvas, data = ring_of(qtbot, count, size)
    nodes = [area for lane in data.lanes if (area := canvas.node_area(lane)) is not None]
    labels = [area for edge in data.edges if (area := canvas.label_area(edge)) is not None]
    assert len(nodes) == len(labels) == count  # each edge can be pointed at
    assert all(canvas.rect().toRectF().contains(area) for area in nodes)
    written = [area for area in labels if area.width() > DOT]
    assert not [pair for pair in combinations([*nodes, *written], 2) if pair[0].intersects(pair[1])]


@pytest.mark.parametrize("size", [(290, 220), (240, 150), (480, 300)])
def test_what_is_left_out_is_told_beside_the_graph(qtbot: QtBot, size: tuple[int, int]) -> None:
    canvas, _ = ring_of(qtbot, 9, size)
    model: Any = canvas._model
    model.lanes = range(21)
    edges = tuple(GraphEdge(n, (n + 1) % 9, n, 1, 1, True) for n in range(9))
    data = GraphData(edges, (), hidden=tuple(GraphEdge(9 + n, None, n, particular=False) for n in range(12)))
    canvas.show_data(model, data)
    canvas.grab()
    *drawn, rest = canvas.drawing.nodes
    note = canvas.node_area(rest.key)
    assert note is not None
    assert canvas.rect().toRectF().contains(note)
    nodes = [area for node in drawn if (area := canvas.node_area(node.key)) is not None]
    labels = [area for edge in canvas.drawing.edges if (area := canvas.label_area(edge.key)) is not None]
    assert nodes
    assert labels
    assert not [area for area in [*nodes, *labels] if area.intersects(note)]
    waiting = {edge.waiter for edge in canvas._folded.data.edges} | {member.key for member in rest.members}
    assert {edge.waiter for edge in (*data.edges, *data.hidden)} <= waiting | set(canvas._folded.members), (
        "none is lost"
    )
    assert rest.text == f"and {len(rest.members)} more that wait"
    chosen: list[int] = []
    canvas.node_chosen.connect(chosen.append)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=note.center().toPoint())
    canvas.grab()
    (first, area), *_ = canvas.members_shown.items()
    assert canvas.rect().toRectF().contains(area)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert chosen == [first]
    assert rest.members[0].text.startswith(f"worker-{first + 1} → "), "each says what it waits for"


@pytest.mark.parametrize("waiting", [4, 40])
@pytest.mark.parametrize("ring", [2, 40])
def test_many_lanes_become_few_nodes_that_can_be_read(qtbot: QtBot, ring: int, waiting: int) -> None:
    canvas, _ = ring_of(qtbot, ring, (290, 220))
    model: Any = SimpleNamespace(
        lanes=range(ring + waiting), lane_label=lambda lane: f"worker-{lane + 1}",
        primitives={n: SimpleNamespace(short=f"Lock fork {n + 1}") for n in range(ring)},
    )  # fmt: skip
    edges = [GraphEdge(n, (n + 1) % ring, n, 1, 1, True) for n in range(ring)]
    edges += [GraphEdge(ring + n, 0, ring - 1, 1, 1) for n in range(waiting)]
    canvas.show_data(model, GraphData(tuple(edges), cycle_order(range(ring), edges)))
    canvas.grab()
    nodes = {node.key: canvas.node_area(node.key) for node in canvas.drawing.nodes}
    assert not [pair for pair in combinations(nodes.values(), 2) if pair[0] and pair[0].intersects(pair[1])]
    told = [node.text for node in canvas.drawing.nodes]
    if ring == 40 or waiting == 40:
        assert sum(int(text.split()[0]) if " " in text else 1 for text in told) == ring + waiting, told
    names = {node.text: node.tip for node in canvas.drawing.nodes}
    if waiting == 40:
        assert names["40 lanes"].startswith(f"worker-{ring + 1}, worker-{ring + 2}")
    canvas.resize(1800, 1500)
    canvas.grab()
    assert ring == 40 or waiting == 40 or len(canvas.drawing.nodes) == ring + waiting, "each has room"


@pytest.mark.parametrize("size", [(320, 310), (290, 220), (240, 200)])
def test_no_label_lies_on_the_word_that_nobody_is_known_to_end_a_wait(qtbot: QtBot, size: tuple[int, int]) -> None:
    model: Any = SimpleNamespace(
        lanes=range(3), lane_label=["worker-1", "worker-2", "MainThread"].__getitem__,
        primitives={n: SimpleNamespace(short=text) for n, text in enumerate(("Lock audit", "Lock accounts", "Queue"))},
    )  # fmt: skip
    edges = (GraphEdge(0, 1, 0, 1, 1, True), GraphEdge(1, 0, 1, 1, 1, True), GraphEdge(2, None, 2))
    canvas = GraphCanvas(ActiveTheme(dark=True))
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.show_data(model, GraphData(edges, (0, 1)))
    canvas.grab()
    word = canvas.end_area(edges[2])
    assert word is not None
    nodes, labels = (
        [area for lane in range(3) if (area := canvas.node_area(lane)) is not None],
        [area for edge in edges if (area := canvas.label_area(edge)) is not None],
    )
    assert len(nodes) == len(labels) == 3
    assert size[1] <= 200 or all(area.width() > DOT for area in labels), "each can be read"
    assert not [area for area in (*nodes, *labels) if area.intersects(word)]


@pytest.mark.parametrize("size", [(318, 310), (318, 230), (240, 220)])
@pytest.mark.parametrize("alone", [3, 6])
def test_a_wait_that_leads_nowhere_does_not_seem_to_lead_to_whoever_stands_above(
    qtbot: QtBot, size: tuple[int, int], alone: int
) -> None:
    model: Any = SimpleNamespace(
        lanes=range(2 + alone), lane_label=lambda lane: f"waiter-{lane}",
        primitives={n: SimpleNamespace(short="Lock a" if n == 0 else f"Event {n}") for n in range(2 + alone)},
    )  # fmt: skip
    edges = (GraphEdge(1, 0, 0, 1, 1), *(GraphEdge(2 + n, None, 1 + n, 1, particular=False) for n in range(alone)))
    canvas = GraphCanvas(ActiveTheme(dark=True))
    qtbot.addWidget(canvas)
    canvas.resize(*size)
    canvas.show_data(model, GraphData(edges))
    canvas.grab()
    assert any(edge.end is None for edge in canvas.drawing.edges)
    nodes = {node.key: area for node in canvas.drawing.nodes if (area := canvas.node_area(node.key)) is not None}
    for edge in canvas.drawing.edges:
        if edge.end is None:
            path, word = canvas.path_of(edge.key), canvas.end_area(edge.key)
            assert path is not None
            others = [area for node, area in nodes.items() if node != edge.start]
            assert not [area for area in others if area.adjusted(-2, -2, 2, 2).contains(path.pointAtPercent(1.0))]
            assert word is None or not [area for area in others if area.intersects(word)]
            assert word is None or canvas.rect().toRectF().contains(word)


def test_five_names_stand_in_full_in_a_small_panel(qtbot: QtBot) -> None:
    canvas, data = ring_of(qtbot, 5, (240, 200))
    needed = canvas.fontMetrics().horizontalAdvance("worker-5")
    assert all((area := canvas.node_area(lane)) is not None and area.width() > needed - 16 for lane in data.lanes)


def test_no_edge_runs_under_a_lane_that_it_does_not_concern(qtbot: QtBot) -> None:
    model: Any = SimpleNamespace(
        lanes=range(5), lane_label=lambda lane: f"clerk-{lane}", primitives={0: SimpleNamespace(short="Lock accounts")}
    )
    canvas = GraphCanvas(ActiveTheme(dark=True))
    qtbot.addWidget(canvas)
    canvas.resize(240, 250)
    for holder in range(1, 5):
        canvas.show_data(model, GraphData(tuple(GraphEdge(n, holder, 0) for n in range(5) if n != holder)))
        canvas.grab()
        for edge in canvas.drawing.edges:
            path = canvas.path_of(edge.key)
            assert path is not None
            points = [path.pointAtPercent(step / 50) for step in range(51)]
            for node in {0, 1, 2, 3, 4} - {edge.start, holder}:
                area = canvas.node_area(node)
                assert area is not None
                assert not any(area.contains(point) for point in points), (edge.start, holder, node)


def test_chains_and_crowds_of_waiting_lanes_stand_so_that_no_edges_cross() -> None:
    chain = [(n, n + 1) for n in range(10)]
    crowds = [(n, n % 3) for n in range(3, 20)]
    for pairs in (chain, crowds):
        edges = tuple(GraphEdge(waiter, holder, 100) for waiter, holder in pairs)
        at = RingLayout().place(GraphData(edges))
        lines = [QLineF(*at[waiter], *at[holder]) for waiter, holder in pairs]
        crossing = QLineF.IntersectionType.BoundedIntersection
        crossed = [
            (one, other)
            for one, other in combinations(lines, 2)
            if {one.p1().toTuple(), one.p2().toTuple()}.isdisjoint({other.p1().toTuple(), other.p2().toTuple()})
            and one.intersects(other)[0] is crossing
        ]
        assert crossed == []


def test_whatever_little_room_there_is_some_who_wait_are_shown_with_whom_they_wait_for(qtbot: QtBot) -> None:
    """The lanes of the lowest numbers hold nothing that one another wants."""
    pairs = [(n, n % 4 + 20) for n in range(12)] + [(n, n + 1) for n in range(20, 34)]
    edges = tuple(GraphEdge(waiter, holder, 100 + waiter % 5, 1, 1) for waiter, holder in pairs)
    canvas, _ = ring_of(qtbot, 40, (250, 190))
    canvas.show_data(canvas._model, GraphData(edges))
    canvas.grab()
    assert [edge for edge in edges if canvas.path_of(edge) is not None]


def test_who_stays_keeps_its_place_whoever_comes_or_goes() -> None:
    layout = RingLayout()
    few = layout.place(GraphData((GraphEdge(0, 1, 1), GraphEdge(2, 1, 1))))
    many = layout.place(GraphData(tuple(GraphEdge(lane, 1, 1) for lane in (0, 2, 3, 4, 5, 6, 7, 8))))
    again = layout.place(GraphData((GraphEdge(0, 1, 1), GraphEdge(8, 1, 1))))
    assert {lane: many[lane] for lane in few} == few
    assert again == {lane: many[lane] for lane in (0, 1, 8)}
    assert len(set(many.values())) == len(many)


@pytest.fixture(scope="module")
def deadlock(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Two locks, recorded for real."""
    path = tmp_path_factory.mktemp("deadlock") / "run.lane"
    return record_scenario("two_locks", path, settings=("deposits=1",)).model


@pytest.fixture
def panel(qtbot: QtBot, deadlock: Model) -> WaitForPanel:
    return show_wait_for(qtbot, deadlock, (300, 300))


def test_a_finding_tells_each_wait_once_and_where(deadlock: Model) -> None:
    (found,) = deadlock.findings.values()
    told = words(deadlock, found)
    assert told.count('href="lane:') == 2
    assert words(deadlock, {**found, "edges": found["edges"] * 2}) == told
    alone = words(deadlock, {**found, "edges": []})  # as when nobody is left who could end the waits
    assert alone.count('href="lane:') == alone.count('href="line:') == 2


def test_the_pointer_in_the_timeline_shows_another_moment(qtbot: QtBot, panel: WaitForPanel, deadlock: Model) -> None:
    (found,) = deadlock.findings.values()
    assert set(panel.canvas.data.cycle) == set(found["lanes"])
    panel._selection.hover(deadlock.start_ns)
    qtbot.waitUntil(lambda: panel.canvas.data.edges == ())
    panel._selection.hover(found["start_ns"] + 1000)
    qtbot.waitUntil(lambda: "a deadlock" in panel.caption.text())
    assert set(panel.canvas.data.cycle) == set(found["lanes"])
    panel._selection.hover(None)
    qtbot.waitUntil(lambda: panel.caption.text() == "deadlock: nobody in the ring can go on")


def test_of_a_moment_that_is_not_read_yet_nothing_is_said(qtbot: QtBot, deadlock: Model) -> None:
    """Of a long recording all is shown before it has been read."""
    model = Model(dict(deadlock.header))
    begun = [{"type": "process", "id": 0, "pid": 70, "start_ns": model.start_ns, "name": "shop.py"}]
    model.take_in(Batch(begun, {}, model.start_ns + 1_000))
    model.end_ns = model.start_ns + 1_000_000_000
    selection, view = Selection(), ViewWindow()
    panel = WaitForPanel(selection, view, ActiveTheme(dark=True), RulerTimes(Arrangement(), selection))
    qtbot.addWidget(panel)
    view.reset(model.start_ns, model.end_ns, live=False)
    panel.show()
    panel.show_model(model)
    selection.hover(model.start_ns + 500)
    qtbot.waitUntil(lambda: panel.caption.text().endswith("nobody waits for anybody"))
    selection.hover(model.start_ns + 500_000_000)
    qtbot.waitUntil(lambda: panel.caption.text().endswith("not read yet"))


def test_a_pointer_that_moves_on_is_followed_once(
    qtbot: QtBot, panel: WaitForPanel, deadlock: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    update = panel.update_body

    def update_and_note(model: Model) -> bool:
        shown = update(model)
        seen.append(panel.shown_ns)
        return shown

    monkeypatch.setattr(panel, "update_body", update_and_note)
    (found,) = deadlock.findings.values()
    for step in range(10):
        panel._selection.hover(found["start_ns"] + step)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [found["start_ns"] + 9]


def test_the_scrubber_stays_where_it_was_put(qtbot: QtBot, panel: WaitForPanel) -> None:
    panel.scrubber.setFocus()
    qtbot.keyClick(panel.scrubber, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: panel.canvas.data.edges == ())
    assert panel._selection.hover_ns is not None  # the timeline's cursor goes along
    panel._selection.hover(None)
    qtbot.waitUntil(lambda: not panel._soon.isActive() and panel._preparing is None)
    assert panel.canvas.data.edges == ()
    qtbot.mouseClick(panel.newest, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(panel.canvas.data.cycle))
    assert not panel.newest.isVisible()


def test_a_moment_stays_while_the_selected_slice_grows_and_goes_with_it(
    qtbot: QtBot, panel: WaitForPanel, deadlock: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = deadlock.findings.values()
    stuck = deadlock.states.slice_at(found["lanes"][0], found["start_ns"] + 1000)
    assert stuck is not None
    seen: list[str] = []
    update = panel.update_body

    def update_and_note(model: Model) -> bool:
        shown = update(model)
        seen.append(panel.caption.text())
        return shown

    def next_seen() -> str:
        seen.clear()
        qtbot.waitUntil(lambda: bool(seen))
        return seen[-1]

    monkeypatch.setattr(panel, "update_body", update_and_note)
    begun = stuck._replace(end_ns=found["start_ns"] + 2000, open=True)
    panel._selection.select_slice(begun)
    panel.show_finding(found)  # as who goes to a deadlock
    for later in (0, 1_000_000, 2_000_000):
        panel._selection.select_slice(begun._replace(end_ns=begun.end_ns + later))
        panel.refresh_soon()
        assert next_seen() == "deadlock: nobody in the ring can go on"
    before = deadlock.states.slice_at(found["lanes"][0], begun.start_ns - 1)
    assert before is not None
    panel._selection.select_slice(before)
    assert next_seen().startswith("at ")
    panel._selection.select_span(before.start_ns, before.end_ns)
    assert next_seen() == "deadlock: nobody in the ring can go on", "the slice is not selected any more"


def test_the_scrubber_stands_at_the_moment_that_a_slice_chose(
    qtbot: QtBot, panel: WaitForPanel, deadlock: Model
) -> None:
    (found,) = deadlock.findings.values()
    chosen = deadlock.states.slice_at(found["lanes"][0], found["start_ns"] - 1)
    assert chosen is not None
    panel._selection.select_slice(chosen)
    qtbot.waitUntil(lambda: panel.caption.text().startswith("at "))
    assert panel.scrubber.value() < panel.scrubber.maximum()
    panel.newest.click()
    assert panel.scrubber.value() == panel.scrubber.maximum()


def test_choosing_an_edge_or_a_lane_by_keyboard_chooses_its_slice_and_both_stacks(
    qtbot: QtBot, panel: WaitForPanel, deadlock: Model
) -> None:
    slices: list[Slice] = []
    edges: list[GraphEdge] = []
    panel.slice_chosen.connect(slices.append)
    panel.edge_chosen.connect(edges.append)
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Down)
    assert [each.state for each in slices] == [State.LOCK_WAIT, State.LOCK_WAIT]
    assert [each.lane for each in slices] == [edges[0].waiter, edges[1].waiter]
    assert all(edge.wait_site and edge.hold_site for edge in edges)
    with qtbot.waitSignal(panel.code_wanted, timeout=1000):
        qtbot.keyClick(panel.canvas, Qt.Key.Key_Return)


def test_a_wait_that_nobody_can_end_leads_nowhere(qtbot: QtBot) -> None:
    canvas, _ = ring_of(qtbot, 2, (240, 200))
    edge = GraphEdge(0, None, 0, 1, in_cycle=True)
    canvas.show_data(canvas._model, GraphData((edge,), (0,)))
    canvas.grab()
    (drawn,) = canvas.drawing.edges
    path, node, label = canvas.path_of(edge), canvas.node_area(0), canvas.label_area(edge)
    assert (drawn.end, drawn.nowhere) == (None, "nobody left")
    assert path is not None
    assert node is not None
    assert label is not None
    assert not label.intersects(node)
    assert path.pointAtPercent(1.0).y() < label.top() < node.top(), "away from the node, beyond its label"
    assert canvas.describe(edge).endswith("nobody is left who could end that")


def test_namesakes_of_different_processes_are_told_apart(qtbot: QtBot) -> None:
    canvas, data = ring_of(qtbot, 2, (300, 200))
    model = Model({"start_ns": 0})
    model.take_in(
        Batch(
            [{"type": "process", "id": n, "pid": 70 + n, "start_ns": 0, "name": "shop.py"} for n in range(2)]
            + [{"type": "lane", "id": n, "process": n, "serial": 1, "start_ns": 0, "name": "clerk"} for n in range(2)],
            {},
            1,
        )
    )
    canvas.show_data(model, data)
    canvas.grab()
    assert [node.text for node in canvas.drawing.nodes] == ["clerk (70)", "clerk (71)"]


def test_a_graph_is_fitted_into_its_room_in_pieces(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Placing many lanes takes most of what a frame may: never with the event that asks for it, nor twice at once."""
    canvas, _ = ring_of(qtbot, 40, (290, 220))
    placed: list[int] = []
    place = RingLayout.place

    def place_and_note(layout: RingLayout, data: GraphData) -> dict[int, tuple[float, float]]:
        placed.append(len(data.lanes))
        return place(layout, data)

    monkeypatch.setattr(RingLayout, "place", place_and_note)
    canvas.resize(320, 300)
    canvas.show_data(canvas._model, GraphData(tuple(GraphEdge(n, n + 1, 100) for n in range(39))))
    assert placed == []
    counts = [0]
    for _ in canvas._work_out(QFontMetricsF(canvas.font())):
        counts.append(len(placed))
    assert len(placed) > 1, "tried with fewer lanes apart, and placed"
    assert {after - before for before, after in pairwise(counts)} <= {0, 1}


def test_who_waits_at_a_pipe_waits_for_the_only_one_who_can_end_that(qtbot: QtBot) -> None:
    """As the finding tells it, of two processes that wait for each other's message."""
    processes = [{"type": "process", "id": n, "pid": 70 + n, "start_ns": 0, "name": "shop.py"} for n in range(2)]
    lanes = [
        {"type": "lane", "id": n, "process": n, "serial": 1, "start_ns": 0, "name": name}
        for n, name in enumerate(("clerk", "cashier"))
    ]
    pipe = {"type": "primitive", "id": 1, "kind": "Pipe", "name": "ours", "file": "shop.py", "line": 3}
    model = Model({"start_ns": 0})
    model.take_in(Batch([*processes, *lanes, pipe], {}, 1_000))
    edges = [{"waiter": n, "holder": 1 - n, "primitive": 1, "wait_site": 0, "hold_site": 0} for n in range(2)]
    found = {
        "kind": "deadlock", "lanes": [0, 1], "edges": edges, "certainty": "observed", "title": "Deadlock",
        "explanation": "", "start_ns": 10,
    }  # fmt: skip
    canvas, _ = ring_of(qtbot, 2, (300, 200))
    data = data_of_finding(model, found)
    canvas.show_data(model, data)
    told = [canvas.describe(edge) for edge in data.edges]
    assert told[0] == "clerk waits for Pipe ours, a wait that only cashier can end"
    assert "unknown line" not in words(model, found), "only the system tells where they wait"
    assert words(model, found).count("waits for Pipe ours") == 2
