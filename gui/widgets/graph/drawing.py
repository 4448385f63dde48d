"""What a graph shows, as plain data."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum


class Tone(Enum):
    """How much a node or an edge matters."""

    PLAIN = "plain"
    MUTED = "muted"  # looks like trouble and is none
    DANGER = "danger"


@dataclass(frozen=True)
class Node:
    """A box with a name. One with `members` stands for these, of whom one may have its key, and can be unfolded."""

    key: int
    text: str
    tone: Tone = Tone.PLAIN
    tip: str = ""
    members: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Edge:
    """An arrow from one node to another, to the same, or to nowhere (None): `nowhere` says what that means."""

    key: Hashable
    start: int
    end: int | None
    text: str
    tone: Tone = Tone.PLAIN
    tip: str = ""
    dashed: bool = False
    link: bool = False  # a line of code stands behind it: underlined
    nowhere: str = ""


@dataclass(frozen=True)
class Drawing:
    """`note` stands in the corner: what was left out."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    note: str = ""
