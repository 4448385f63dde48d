"""What a node stands for, unfolded: a list over the graph, so that nothing else of it moves."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from gui.theme import Theme
from gui.widgets.graph.drawing import Node

ROW = 20.0
MARGIN = 6.0  # px beside a name
GAP = 2.0  # px between the node and its list
THUMB = 4.0  # px of the mark that says which part of a long list is shown


@dataclass
class MemberList:
    """Members from top to bottom, column by column. Of more than have room some columns are shown, from `first` on."""

    node: Node
    area: QRectF
    rows: int
    shown: int  # columns
    first: int = 0

    @property
    def columns(self) -> int:
        return math.ceil(len(self.node.members) / self.rows)

    @property
    def places(self) -> list[tuple[QRectF, Node]]:
        """The members in view, and where they stand."""
        width = self.area.width() / self.shown
        seen = self.node.members[self.first * self.rows : (self.first + self.shown) * self.rows]
        return [
            (QRectF(self.area.left() + column * width, self.area.top() + row * ROW, width, ROW), member)
            for number, member in enumerate(seen)
            for column, row in (divmod(number, self.rows),)
        ]

    def at(self, place: QPointF) -> Node | None:
        """The member at a place."""
        return next((member for area, member in self.places if area.contains(place)), None)

    def scroll(self, columns: int) -> None:
        """Shows what lies further on, or before where negative."""
        self.first = min(max(self.first + columns, 0), max(self.columns - self.shown, 0))

    def reveal(self, key: int) -> None:
        """Scrolls no further than is needed for this member to be in view."""
        keys = [member.key for member in self.node.members]
        if key in keys:
            column = keys.index(key) // self.rows
            self.scroll(min(column - self.first, 0) or max(column - self.first - self.shown + 1, 0))

    def paint(self, painter: QPainter, theme: Theme, marked: set[int], border: QPen) -> None:
        """`marked`: keys of members that stand out."""
        painter.setBrush(theme.color("raised"))
        painter.setPen(border)
        painter.drawRoundedRect(self.area, 4, 4)
        metrics = QFontMetricsF(painter.font())
        for area, member in self.places:
            if member.key in marked:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("accent_soft"))
                painter.drawRoundedRect(area.adjusted(2, 1, -2, -1), 3, 3)
            painter.setPen(theme.color("text"))
            inner = area.adjusted(MARGIN, 0, -MARGIN, 0)
            text = metrics.elidedText(member.text, Qt.TextElideMode.ElideMiddle, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        if self.shown < self.columns:
            track = QRectF(self.area.left() + 4, self.area.bottom() - THUMB - 2, self.area.width() - 8, THUMB)
            part = track.width() / self.columns
            thumb = QRectF(track.left() + part * self.first, track.top(), part * self.shown, THUMB)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("border_strong"))
            painter.drawRoundedRect(thumb, 2, 2)


def lay_out(node: Node, box: QRectF, room: QRectF, metrics: QFontMetricsF) -> MemberList:
    """Below its node or above it, where there is more room, as high and wide as that allows and the members need."""
    below, above = room.bottom() - box.bottom() - GAP, box.top() - room.top() - GAP
    count = len(node.members)
    wide = max(metrics.horizontalAdvance(member.text) for member in node.members) + 2 * MARGIN
    wide = min(math.ceil(wide), room.width())
    most, across = max(int(max(below, above) / ROW), 1), max(int(room.width() / wide), 1)
    rows = math.ceil(count / math.ceil(count / most))  # columns of the same height
    foot = 0.0
    if math.ceil(count / rows) > across:
        foot = THUMB + 4
        rows = max(int((max(below, above) - foot) / ROW), 1)
    shown = min(math.ceil(count / rows), across)
    area = QRectF(0, 0, max(shown * wide, box.width()), rows * ROW + foot)
    area.moveCenter(box.center())
    area.moveLeft(min(max(room.left(), area.left()), max(room.left(), room.right() - area.width())))
    area.moveTop(box.bottom() + GAP if below >= min(above, area.height()) else box.top() - GAP - area.height())
    return MemberList(node, area, rows, shown)
