"""Where everything of a graph stands: boxes of nodes, ways of edges, labels."""

from collections.abc import Generator, Hashable, Sequence
from typing import NamedTuple, Protocol

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainterPath

from gui.widgets.graph.drawing import Drawing, Edge, Node, Tone
from gui.widgets.graph.labels import Boxes, Labels
from gui.widgets.graph.routes import into_the_void, loop

RANKS = (Tone.MUTED, Tone.PLAIN, Tone.DANGER)  # what is painted later lies on top


class Placing(Protocol):
    """Who says where nodes stand and which way edges take."""

    loop_px: float  # that the edge of a node that leads to itself rises above it

    def place_nodes(self, metrics: QFontMetricsF, /) -> Boxes:
        """Where the nodes stand in the widget, in px."""

    def route(self, edge: Edge, start: QRectF, end: QRectF, /) -> QPainterPath:
        """The way of an edge between two different boxes, from border to border."""

    def away(self, middle: QPointF, /) -> QPointF:
        """In which direction (length 1) the label of an edge with this middle is moved when it has no room."""

    def room(self, note: str, /) -> QRectF:
        """Where nodes and labels may stand: nothing lies on the note, if there is one."""


class Standing(NamedTuple):
    """In the widget, in px. `paths`: what matters most last."""

    boxes: Boxes
    paths: Sequence[tuple[Edge, QPainterPath]]
    labels: Labels

    def node_area(self, key: int) -> QRectF | None:
        """The box of a node."""
        return self.boxes[key][0] if key in self.boxes else None

    def path_of(self, key: Hashable) -> QPainterPath | None:
        """The way of an edge."""
        return next((path for edge, path in self.paths if edge.key == key), None)

    def label_area(self, key: Hashable) -> QRectF | None:
        """The label of an edge."""
        return next((area for area, edge in self.labels.areas if edge.key == key), None)

    def at(self, place: QPointF, nodes: Sequence[Node]) -> Edge | Node | None:
        """Whose label is there, or which of the nodes."""
        for area, edge in reversed(self.labels.areas):
            if area.contains(place):
                return edge
        return next(
            (node for node in nodes if node.key in self.boxes and self.boxes[node.key][0].contains(place)), None
        )


NOWHERE = Standing({}, (), Labels([], set(), {}))  # nothing has been worked out yet


def stand(drawing: Drawing, placing: Placing, metrics: QFontMetricsF) -> Generator[None, None, Standing]:
    """Works it out, with rests."""
    boxes = placing.place_nodes(metrics)
    yield
    paths: list[tuple[Edge, QPainterPath]] = []
    middles: list[QPointF] = []
    labels = Labels([], set(), {})
    for edge in sorted(drawing.edges, key=lambda edge: RANKS.index(edge.tone)):
        if edge.start not in boxes:
            continue
        start = boxes[edge.start][0]
        end = boxes[edge.end][0] if edge.end is not None and edge.end in boxes else start
        if edge.end is None:
            taken = [*(box for node, (box, _) in boxes.items() if node != edge.start), *labels.ends.values()]
            word_px = metrics.horizontalAdvance(edge.nowhere)
            path = into_the_void(start, placing.loop_px, word_px, taken, placing.room(drawing.note))
            middle = path.pointAtPercent(0.45)
            labels.place_end(edge, path, metrics, taken, placing.room(""))
        elif end == start:
            path, middle = loop(start, placing.loop_px), QPointF(start.center().x(), start.top() - placing.loop_px + 12)
        else:
            path = placing.route(edge, start, end)
            middle = path.pointAtPercent(0.5)
        paths.append((edge, path))
        middles.append(middle)
        yield
    for (edge, _), middle in zip(reversed(paths), reversed(middles), strict=True):
        # what matters most has the best place
        labels.place(edge, middle, placing.away(middle), metrics, boxes, placing.room(drawing.note))
        yield
    return Standing(boxes, paths, labels)
