"""What lock orders are made of: the nestings of locks that are locks, by instance and by the line that created them.

Locks that some thread released for another are signals, not locks, and count for nothing; nor do internal ones.
"""

from collections.abc import Generator, Iterable

from engine.analysis.order.lock_cycles import PIECE
from engine.model.hand_offs import MUTEXES
from engine.model.model import Model
from engine.model.nestings import Held, Nesting

EVER = 1 << 63


def nestings_of_locks(
    model: Model, until_ns: int = EVER, *, signals: bool = False
) -> Generator[None, None, list[Nesting]]:
    """Locks taken while others were held, without what else was held; in pieces. `signals`: these count too."""
    known: dict[int, bool] = {}

    def is_lock(number: int) -> bool:
        if number not in known:
            known[number] = _is_mutex(model, number) and (signals or not is_signal(model, number))
        return known[number]

    found: list[Nesting] = []
    for number, nesting in enumerate(model.nestings[:]):
        if number % (PIECE // 5) == 0:  # each may be of a lock that has to be looked at
            yield
        if nesting.time_ns <= until_ns and is_lock(nesting.primitive):
            held = tuple(held for held in nesting.held if is_lock(held.primitive))
            if held:
                found.append(nesting._replace(held=held))
    return found


def _is_mutex(model: Model, number: int) -> bool:
    primitive = model.primitives.get(number)
    return primitive is not None and primitive.kind in MUTEXES and not primitive.internal


def is_signal(model: Model, primitive: int) -> bool:
    """Whether some thread has released this lock for another."""
    return bool(len(model.signals.of(primitive, 0, EVER)))


def origins(model: Model) -> dict[int, int]:
    """For each primitive the first one made by the same line."""
    first: dict[object, int] = {}
    return {
        number: first.setdefault((made.kind, made.file, made.line) if made.line else number, number)
        for number, made in sorted(model.primitives.items())
    }


def by_origin(nestings: Iterable[Nesting], first: dict[int, int]) -> Generator[None, None, list[Nesting]]:
    """The same with lines for locks, in pieces. Two locks of one line held together have an order that lines can't
    tell.
    """
    found: list[Nesting] = []
    for number, nesting in enumerate(nestings):
        if number % PIECE == 0:
            yield
        own = first[nesting.primitive]
        held = tuple(Held(first[each.primitive], each.stack) for each in nesting.held)
        if all(each.primitive != own for each in held):
            found.append(nesting._replace(primitive=own, held=held))
    return found
