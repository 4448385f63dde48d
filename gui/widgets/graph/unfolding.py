"""Which node of a graph shows those it stands for: one at most."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from gui.widgets.graph.drawing import Node
from gui.widgets.graph.members import MemberList, lay_out


class Unfolding:
    """Stays with those who are unfolded, whichever node stands for them."""

    def __init__(self) -> None:
        self.list: MemberList | None = None

    def is_unfolded(self, node: Node) -> bool:
        """Whether its members are shown."""
        return bool(node.members) and self.list is not None and self.list.node.key == node.key

    @property
    def members_shown(self) -> Mapping[int, QRectF]:
        """Where each member stands, as far as they are in view."""
        return {member.key: area for area, member in self.list.places} if self.list is not None else {}

    def keep(self, nodes: Sequence[Node]) -> Node | None:
        """The node that stands for most of those now who are unfolded; folds them where there is none."""
        before = {member.key for member in self.list.node.members} if self.list is not None else set()
        crowds = (node for node in nodes if before & {member.key for member in node.members})
        found = max(crowds, key=lambda node: len(before & {member.key for member in node.members}), default=None)
        if found is None:
            self.list = None
        return found

    def unfold(self, node: Node, box: QRectF, room: QRectF, metrics: QFontMetricsF) -> None:
        """At its box, within the room; what was in view of a long list stays there."""
        first = self.list.first if self.list is not None else 0
        self.list = lay_out(node, box, room, metrics)
        self.list.scroll(first)

    def fold(self) -> None:
        """Shows nobody any more."""
        self.list = None

    def reveal(self, key: int | None) -> None:
        """Scrolls so that this member is in view, if it is one."""
        if self.list is not None and key is not None:
            self.list.reveal(key)

    def covers(self, place: QPointF) -> bool:
        """Whether the members lie there, over the graph."""
        return self.list is not None and self.list.area.contains(place)
