"""Who may have given others something, or got it, without its being recorded: some limit was reached."""

from collections.abc import Iterable

from engine.analysis.order.reach import FOREVER


class Untold:
    """`givers`, `receivers`: of lanes (or strands), by number, since when (ns)."""

    def __init__(self) -> None:
        self.givers: dict[int, int] = {}
        self.receivers: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self.givers or self.receivers)

    @property
    def since_ns(self) -> int:
        """When the first of them may have done so; FOREVER: none may."""
        return min([*self.givers.values(), *self.receivers.values()], default=FOREVER)

    def may_give(self, who: Iterable[int], since_ns: int) -> None:
        """From then on at the latest."""
        _add(self.givers, who, since_ns)

    def may_get(self, who: Iterable[int], since_ns: int) -> None:
        """From then on at the latest."""
        _add(self.receivers, who, since_ns)


def _add(known: dict[int, int], who: Iterable[int], since_ns: int) -> None:
    for each in who:
        known[each] = min(known.get(each, FOREVER), since_ns)
