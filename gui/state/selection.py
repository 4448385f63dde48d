"""What the user has selected and what the pointer is on, shared by timeline, details and plots."""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from engine.model.entities import Slice


class Group(NamedTuple):
    """The lanes of a process, or only its service lanes."""

    process: int
    services: bool = False


class Selection(QObject):
    """At most one slice or one span of time, a lane or a group of them, and a primitive that is lit up in every lane.

    A selected slice implies its lane. Selecting a span drops the slice and the other way round, a group lane and slice.
    """

    changed = Signal()
    hover_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slice: Slice | None = None
        self._span: tuple[float, float] | None = None
        self._lane: int | None = None
        self._group: Group | None = None
        self._primitive: int | None = None
        self._hovered: Slice | None = None
        self._hovered_lane: int | None = None
        self._hovered_primitive: int | None = None
        self._hover_ns: float | None = None

    @property
    def slice(self) -> Slice | None:
        """The selected state slice."""
        return self._slice

    @property
    def span(self) -> tuple[float, float] | None:
        """The selected stretch of time in ns, start before end."""
        return self._span

    @property
    def lane(self) -> int | None:
        return self._lane

    @property
    def group(self) -> Group | None:
        return self._group

    @property
    def primitive(self) -> int | None:
        """The primitive that is to be lit up in every lane: selected, else hovered."""
        return self._primitive if self._primitive is not None else self._hovered_primitive

    @property
    def chosen_primitive(self) -> int | None:
        """The primitive that was selected, whatever the pointer is on."""
        return self._primitive

    @property
    def hovered(self) -> Slice | None:
        return self._hovered

    @property
    def hover_ns(self) -> float | None:
        """Time under the pointer, in timeline or plots."""
        return self._hover_ns

    @property
    def empty(self) -> bool:
        chosen = (self._slice, self._span, self._lane, self._group, self._primitive)
        return all(each is None for each in chosen)

    def select_slice(self, chosen: Slice) -> None:
        self._set(chosen, None, chosen.lane, None)

    def select_span(self, start_ns: float, end_ns: float) -> None:
        self._set(None, (min(start_ns, end_ns), max(start_ns, end_ns)), self._lane, None, self._group)

    def select_lane(self, lane: int) -> None:
        self._set(None, None, lane, None)

    def select_group(self, group: Group) -> None:
        self._set(None, None, None, None, group)

    def select_primitive(self, primitive: int | None) -> None:
        """Lights a primitive up; the rest of the selection stays."""
        self._set(self._slice, self._span, self._lane, primitive, self._group)

    def clear(self) -> None:
        self._set(None, None, None, None)

    def hover(
        self, time_ns: float | None, lane: int | None = None, on: Slice | None = None, primitive: int | None = None
    ) -> None:
        """The pointer has moved: over which time, lane, slice and primitive; all None when it has left."""
        before = (self._hover_ns, self._hovered_lane, self._hovered, self._hovered_primitive)
        self._hover_ns, self._hovered_lane, self._hovered, self._hovered_primitive = time_ns, lane, on, primitive
        if before != (time_ns, lane, on, primitive):
            self.hover_changed.emit()

    def _set(
        self,
        chosen: Slice | None,
        span: tuple[float, float] | None,
        lane: int | None,
        primitive: int | None,
        group: Group | None = None,
    ) -> None:
        before = (self._slice, self._span, self._lane, self._primitive, self._group)
        self._slice, self._span, self._lane, self._primitive, self._group = chosen, span, lane, primitive, group
        if before != (chosen, span, lane, primitive, group):
            self.changed.emit()
