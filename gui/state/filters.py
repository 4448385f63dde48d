"""What the timeline shows of a recording: states, lanes, their order."""

from collections.abc import Callable, Iterable
from enum import Enum

from PySide6.QtCore import QObject, Signal

from engine.recording.schema import State
from gui.state.selection import Group


class Sort(Enum):
    """Order of processes, and of the lanes within each."""

    STARTED = "as started"
    NAME = "by name"
    WAIT = "by time waited"
    LOCK_WAIT = "by time waited for locks"


class Filters(QObject):
    """Everything that narrows down or arranges what is shown. Lanes and processes are named by their ids."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._states: frozenset[State] = frozenset()
        self._text = ""
        self._pinned: frozenset[int] = frozenset()
        self._hidden: frozenset[int] = frozenset()
        self._collapsed: frozenset[int] = frozenset()
        self._services: frozenset[int] = frozenset()
        self._sort = Sort.STARTED

    @property
    def states(self) -> frozenset[State]:
        """States shown in full colour, others are dimmed; empty: all of them."""
        return self._states

    @property
    def text(self) -> str:
        """Comma-separated terms; a lane is shown when its name or process contains one of them, none after a `-`."""
        return self._text

    @property
    def pinned(self) -> frozenset[int]:
        """Lanes kept at the top."""
        return self._pinned

    @property
    def hidden(self) -> frozenset[int]:
        """Lanes not shown."""
        return self._hidden

    @property
    def collapsed(self) -> frozenset[int]:
        """Processes shown as one summary row."""
        return self._collapsed

    @property
    def services(self) -> frozenset[int]:
        """Processes whose service lanes are shown one by one."""
        return self._services

    @property
    def sort(self) -> Sort:
        return self._sort

    def reset(self) -> None:
        """Another recording: lane and process ids mean something else now."""
        self._pinned = self._hidden = self._collapsed = self._services = frozenset()
        self._states = frozenset()
        self._text = ""
        self.changed.emit()

    def show_states(self, states: Iterable[State]) -> None:
        self._change("_states", frozenset(states))

    def toggle_state(self, state: State, *, extend: bool = False) -> None:
        """Shows only this state, or all again; with `extend` adds it to or takes it from what is shown."""
        if extend:
            self.show_states(self._states ^ {state})
        else:
            self.show_states(frozenset() if self._states == {state} else {state})

    def set_text(self, text: str) -> None:
        self._change("_text", text)

    def set_sort(self, sort: Sort) -> None:
        """Sorts, once more if it is the same: what was waited may have changed since."""
        self._sort = sort
        self.changed.emit()

    def toggle_pinned(self, lane: int) -> None:
        """Pins a lane (which shows it again if it was hidden), or takes it back into its place."""
        self._change_lanes(self._pinned ^ {lane}, self._hidden - {lane})

    def pin(self, lanes: Iterable[int]) -> None:
        """Pins exactly these lanes; one that is not there yet will be once it comes."""
        self._change("_pinned", frozenset(lanes))

    def toggle_collapsed(self, process: int) -> None:
        self._change("_collapsed", self._collapsed ^ {process})

    def toggle_services(self, process: int) -> None:
        self._change("_services", self._services ^ {process})

    def toggle_group(self, group: Group) -> None:
        """Opens or closes a process, or its service lanes."""
        if group.services:
            self.toggle_services(group.process)
        else:
            self.toggle_collapsed(group.process)

    def collapse(self, processes: Iterable[int]) -> None:
        """Shows exactly these processes as one summary row each."""
        self._change("_collapsed", frozenset(processes))

    def hide(self, *lanes: int) -> None:
        """Takes lanes away, from among the pinned ones too."""
        self._change_lanes(self._pinned - set(lanes), self._hidden | set(lanes))

    def hide_all_but(self, lanes: Iterable[int], everyone: Iterable[int]) -> None:
        """Leaves only these of all lanes."""
        others = frozenset(everyone) - frozenset(lanes)
        self._change_lanes(self._pinned - others, others)

    def show_lane(self, lane: int) -> None:
        """Shows one lane again that was hidden."""
        self._change("_hidden", self._hidden - {lane})

    def show_all_lanes(self) -> None:
        """Shows what was hidden, and what the text left out."""
        if self._hidden or self._text:
            self._hidden, self._text = frozenset(), ""
            self.changed.emit()

    def matcher(self) -> Callable[..., bool]:
        """Whether a lane of this name, process and so on passes the text filter, as that is now."""
        terms = [term.strip().casefold() for term in self._text.split(",") if term.strip()]
        refused = [term[1:] for term in terms if term.startswith("-") and len(term) > 1]
        wanted = [term for term in terms if not term.startswith("-")]

        def admits(*words: str) -> bool:
            haystack = " ".join(words).casefold()
            for term in refused:
                if term in haystack:
                    return False
            return not wanted or any(term in haystack for term in wanted)

        return admits

    def _change_lanes(self, pinned: frozenset[int], hidden: frozenset[int]) -> None:
        if (pinned, hidden) != (self._pinned, self._hidden):
            self._pinned, self._hidden = pinned, hidden
            self.changed.emit()

    def _change(self, name: str, value: object) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.changed.emit()
