"""Locks taken while others were held, and who waited for whose end: what lock orders are made of. Times absolute ns."""

from typing import Any, NamedTuple

Text = dict[str, Any]


class Held(NamedTuple):
    """A lock held, and the stack (or site) at which it was taken."""

    primitive: int
    stack: int


class Nesting(NamedTuple):
    """`lane` took `primitive` while it held `held` (in the order in which they were taken).

    `waits`: it would have waited for ever, so not a try and not a wait with a timeout. The first of its kind between
    two starts, joins or gifts of the lane; later ones that are the same in everything but time are not told.
    """

    lane: int
    time_ns: int
    primitive: int
    stack: int
    waits: bool
    held: tuple[Held, ...]


class Join(NamedTuple):
    """`lane` knew at `time_ns` that another lane (or all lanes of a process) had ended: it joined it."""

    lane: int
    time_ns: int
    joined: int | None  # lane
    process: int | None


class Passage(NamedTuple):
    """`lane` was at a barrier from one time to the other, for the nth time (from 1); 0: it was broken."""

    lane: int
    arrived_ns: int
    left_ns: int
    primitive: int
    nth: int


class Gift(NamedTuple):
    """`lane` let others go on by a primitive: the first time that it did so, before which nobody could go on because
    of it. Not `followed`: what it does afterwards may not be told anew. No primitive: its process tells no more.
    """

    lane: int
    time_ns: int
    primitive: int | None
    followed: bool


class Receipt(NamedTuple):
    """`lane` went on because somebody had let it by a primitive, for the first time. Not `sure`: or for a timeout."""

    lane: int
    time_ns: int
    primitive: int
    sure: bool


def nesting(text: Text) -> Nesting:
    """From the recording's definition."""
    held = tuple(Held(primitive, stack) for primitive, stack in text["held"])
    return Nesting(text["lane"], text["time_ns"], text["primitive"], text["stack"], bool(text["waits"]), held)


def join(text: Text) -> Join:
    """From the recording's definition."""
    return Join(text["lane"], text["time_ns"], text.get("joined"), text.get("process"))


def passage(text: Text) -> Passage:
    """From the recording's definition."""
    return Passage(text["lane"], text["arrived_ns"], text["time_ns"], text["primitive"], text["nth"])


def gift(text: Text) -> Gift:
    """From the recording's definition."""
    return Gift(text["lane"], text["time_ns"], text["primitive"], bool(text["followed"]))


def receipt(text: Text) -> Receipt:
    """From the recording's definition."""
    return Receipt(text["lane"], text["time_ns"], text["primitive"], bool(text["sure"]))
