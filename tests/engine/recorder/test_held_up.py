"""Threads behind a holder that waits for somebody who lives; and which lines take a lock that is no signal."""

import pytest

from engine.model.wait_for import Node, Wait, stuck_nodes
from engine.recorder.deadlocks.brackets import bracketed_lines
from engine.recorder.deadlocks.held_up import held_up

A, B, C, D, LIVING = ((0, serial) for serial in range(1, 6))


def lock(node: Node, *holders: Node) -> Wait:
    return Wait(node, 1, frozenset(holders))


def word(node: Node, *others: Node) -> Wait:
    return Wait(node, 2, anybody=frozenset(others))


def join(node: Node, other: Node) -> Wait:
    return Wait(node, 3, frozenset({other}), follows=True)


CASES: dict[str, tuple[list[Wait], list[tuple[Node, ...]]]] = {
    "a lock whose holder waits for a word": ([lock(A, B), word(B, A, LIVING)], [(A, B)]),
    "one behind the other": ([lock(A, B), lock(B, C), word(C, LIVING)], [(A, B, C)]),
    "several behind one": ([lock(A, C), lock(B, C), word(C, LIVING)], [(A, B, C)]),
    "a lock held in a join of who works": ([lock(A, B), join(B, LIVING)], [(A, B)]),
    "a lock held in a join of who waits for a word": ([lock(A, B), join(B, C), word(C, LIVING)], [(A, B, C)]),
    "who joins them is none of them": ([lock(A, B), word(B, LIVING), join(C, B), join(D, A)], [(A, B)]),
    "no more than a word is waited for": ([word(A, LIVING), join(B, A)], []),
    "the holder works": ([lock(A, LIVING), lock(B, A)], []),
    "one of several holders works": ([lock(A, B, LIVING), word(B, LIVING)], []),
    "nobody lives: a deadlock": ([lock(A, B), word(B, A, C), join(C, B)], []),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_held_up(case: str) -> None:
    waits, expected = CASES[case]
    graph = {each.node: each for each in waits}
    wants = {each.node for each in waits if each.primitive == 1}
    found = held_up(graph, stuck_nodes(graph), wants)
    assert [each.members for each in found] == expected
    assert all(each.living == {LIVING} and not each.by_itself for each in found)


def test_what_a_thread_holds_itself_others_might_release() -> None:
    graph = {A: Wait(A, 1, frozenset({A}), bystanders=frozenset({LIVING})), B: lock(B, A)}
    (found,) = held_up(graph, stuck_nodes(graph), {A, B})
    assert (found.last, found.members, found.living, found.by_itself) == (A, (A, B), {LIVING}, True)


SOURCE = """\
ready.acquire()
with (accounts,
      audit):
    def serve():
        ready.acquire()
        if account.lock.acquire(timeout=1):
            account.lock.release()
        finished.release()
"""


def test_a_lock_that_is_given_back_where_it_was_taken_is_no_signal() -> None:
    assert bracketed_lines(SOURCE) == {2, 3, 6}
    assert bracketed_lines("no Python") == frozenset()
