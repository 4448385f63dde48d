"""The wait-for graph in little room: nodes apart and readable, labels on nothing else."""

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from gui.panels.wait_for.canvas import DOT, GraphCanvas
from gui.panels.wait_for.layout import GraphData, GraphEdge, cycle_order
from gui.theme import ActiveTheme


def ring_of(qtbot: QtBot, count: int, size: tuple[int, int]) -> tuple[GraphCanvas, GraphData]:
    """`count` lanes, each of which waits for the next."""
    model: Any = SimpleNamespace(
        lanes=range(count),
        lane_name=lambda lane: f"worker-{lane + 1}",
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


def test_five_names_stand_in_full_in_a_small_panel(qtbot: QtBot) -> None:
    canvas, data = ring_of(qtbot, 5, (240, 200))
    needed = canvas.fontMetrics().horizontalAdvance("worker-5")
    assert all((area := canvas.node_area(lane)) is not None and area.width() > needed - 16 for lane in data.lanes)
