"""Threads that are held up: they want a lock whose holder waits for what somebody who lives may still bring about.

No circle and so no deadlock; but who wants the lock cannot go on before a word comes that nobody is bound to give.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from engine.model.wait_for import Node, Wait


class HeldUp(NamedTuple):
    """`members` (sorted, `last` among them) stand because `last` waits for what only `living` threads may end.

    `by_itself`: it waits for what it holds itself, and they might release that for it.
    """

    last: Node
    members: tuple[Node, ...]
    living: frozenset[Node]
    by_itself: bool


def held_up(waits: Mapping[Node, Wait], left_out: Collection[Node], wants_lock: Collection[Node]) -> list[HeldUp]:
    """All there is among long `waits`. `left_out`: of which nothing is to be said; `wants_lock`: waits for what threads
    hold. Whoever merely joins a member is none; nor is anybody held up by a thread that does not wait.
    """
    waiting = {node: wait for node, wait in waits.items() if node not in left_out}
    behind: dict[Node, set[Node]] = {}
    for node, wait in waiting.items():
        if wait.enablers and wait.enablers <= waiting.keys() and not wait.anybody:
            for holder in wait.enablers:
                behind.setdefault(holder, set()).add(node)
    found = []
    for last, wait in waiting.items():
        living = (wait.enablers | wait.anybody | wait.bystanders) - waits.keys() - {last}
        by_itself = wait.enablers == {last}
        if not living or (last in wants_lock and not by_itself):
            continue
        followers = _reached({last}, behind)
        wanting = followers & set(wants_lock)
        onwards = {node: waiting[node].enablers & followers for node in followers}
        if wanting:
            found.append(HeldUp(last, tuple(sorted(_reached(wanting, onwards) | {last})), living, by_itself))
    return found


def _reached(start: set[Node], onwards: Mapping[Node, Collection[Node]]) -> set[Node]:
    """These, and all that they lead to."""
    found, left = set(start), list(start)
    while left:
        further = set(onwards.get(left.pop(), ())) - found
        found |= further
        left += further
    return found
