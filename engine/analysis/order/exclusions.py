"""Why a circle of lock orders is no possible deadlock: the reasons of `lock_cycles`, told instead of passed over.

A circle is a chain of locks each of which was taken while the one before it was held. Each of its orders was taken in
one way or several (other threads, other lines); the way through all of them that comes nearest to a deadlock is told.
"""

import itertools
from collections.abc import Collection, Sequence
from enum import IntEnum
from typing import NamedTuple

from engine.analysis.building import listed
from engine.analysis.order.lock_cycles import Cycle
from engine.analysis.order.start_order import StartOrder
from engine.model.entities import Primitive
from engine.model.model import Model
from engine.model.nestings import Nesting

MOST_WAYS = 30  # of one order that are looked at
MOST_CHOICES = 1000  # of ways through a circle


class Reason(IntEnum):
    """What a circle lacks to be a deadlock; the later, the nearer it comes."""

    SIGNAL = 0  # one of the locks is released for whoever took it: it guards nothing
    GIVES_UP = 1  # a try or a timeout
    ONE_THREAD = 2
    GATE = 3  # another lock is held around two of the orders
    ORDERED = 4  # by starts, joins, barriers and signals
    NONE = 5  # it can happen


class Judged(NamedTuple):
    """The circle's nearest way to a deadlock, and why it is none. `gates` are held around two of its orders."""

    links: Cycle
    reason: Reason
    gates: tuple[int, ...] = ()


def judge(orders: Sequence[Sequence[Nesting]], order: StartOrder, signals: Collection[int] = ()) -> Judged:
    """`orders`: for each lock of the circle the ways in which it was taken while the one before it was held."""
    best: Judged | None = None
    for links in itertools.islice(itertools.product(*(each[:MOST_WAYS] for each in orders)), MOST_CHOICES):
        found = _judge_one(links, order, signals)
        if best is None or found.reason > best.reason:
            best = found
        if best.reason is Reason.NONE:
            break
    assert best is not None, "every order was taken in some way"
    return best


def _judge_one(links: Cycle, order: StartOrder, signals: Collection[int]) -> Judged:
    if any(link.primitive in signals for link in links):
        return Judged(links, Reason.SIGNAL)
    if not all(link.waits for link in links):
        return Judged(links, Reason.GIVES_UP)
    pairs = list(itertools.combinations(links, 2))
    seats = {order.seat((link.lane, link.time_ns)) for link in links}
    if len(seats) < len(links):
        return Judged(links, Reason.ONE_THREAD)
    for one, other in pairs:
        kept = {held.primitive for held in one.held} & {held.primitive for held in other.held}
        if gates := kept - set(signals):
            return Judged(links, Reason.GATE, tuple(sorted(gates)))
    if any(order.ordered((one.lane, one.time_ns), (other.lane, other.time_ns)) for one, other in pairs):
        return Judged(links, Reason.ORDERED)
    return Judged(links, Reason.NONE)


def explain(model: Model, judged: Judged, order: StartOrder, signals: Collection[int] = ()) -> str:
    """One sentence: `a and b are taken in opposite orders, but …`"""
    locks = [_name(model.primitives[link.primitive]) for link in judged.links]
    how = "in opposite orders" if len(locks) == 2 else "in a circle"
    return f"{listed(sorted(locks))} are taken {how}, but {_why(model, judged, order, signals)}"


def _why(model: Model, judged: Judged, order: StartOrder, signals: Collection[int]) -> str:
    links = judged.links
    if judged.reason is Reason.SIGNAL:
        one = next(link.primitive for link in links if link.primitive in signals)
        return f"{_name(model.primitives[one])} is released by other threads than took it: a signal, no lock"
    if judged.reason is Reason.GIVES_UP:
        link = next(link for link in links if not link.waits)
        return (
            f"{model.lane_label(link.lane)} takes {_name(model.primitives[link.primitive])}{_at(model, link)}"
            " with a try or a timeout only, and would go on without it"
        )
    if judged.reason is Reason.ONE_THREAD:
        seats = [order.seat((link.lane, link.time_ns)) for link in links]
        twice = model.lane_label(
            next(link.lane for link, seat in zip(links, seats, strict=True) if seats.count(seat) > 1)
        )
        return f"only by {twice}" if len(set(seats)) == 1 else f"{twice} takes two of the orders, one after the other"
    if judged.reason is Reason.GATE:
        gates = listed([_name(model.primitives[gate]) for gate in judged.gates])
        return f"{gates} {'is' if len(judged.gates) == 1 else 'are'} held meanwhile, which lets in one thread at a time"
    if judged.reason is Reason.ORDERED:
        earlier, later = next(
            (one, other)
            for one, other in itertools.permutations(links, 2)
            if order.before((one.lane, one.time_ns), (other.lane, other.time_ns))
        )
        return (
            f"{model.lane_label(earlier.lane)}{_at(model, earlier)} always comes before"
            f" {model.lane_label(later.lane)}{_at(model, later)}: threads start, join, meet and wait for each other so"
        )
    return "nothing keeps them apart"


def _at(model: Model, link: Nesting) -> str:
    site = model.site(link.stack)
    return f" ({site.label})" if site else ""


def _name(primitive: Primitive) -> str:
    return primitive.name or primitive.short
