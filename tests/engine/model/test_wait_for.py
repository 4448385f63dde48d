"""The search for knots: crowds, followers, consequences; and that its cost grows with the threads, not their pairs."""

from engine.model.wait_for import Node, Wait, build, ends_of, find_knots, stuck_nodes, without, without_followers

A, B, C, D, MAIN = ((0, serial) for serial in range(1, 6))


def lock(node: Node, *holders: Node) -> Wait:
    return Wait(node, 1, frozenset(holders))


def join(node: Node, target: Node) -> Wait:
    return Wait(node, 2, frozenset({target}), follows=True)


def event(node: Node, crowd: frozenset[Node]) -> Wait:
    return Wait(node, 3, anybody=crowd)


def participants(*waits: Wait) -> list[tuple[Node, ...]]:
    by_node = {wait.node: wait for wait in waits}
    return sorted(without_followers(find_knots(stuck_nodes(by_node), by_node), by_node))


def test_anybody_of_a_crowd_may_end_a_wait() -> None:
    crowd = frozenset({A, B})
    assert participants(event(A, crowd)) == []
    assert participants(event(A, crowd), event(B, crowd)) == [(A, B)]


def test_who_is_alone_waits_for_nobody() -> None:
    assert participants(event(A, frozenset({A}))) == [(A,)]


def test_who_joins_a_knot_is_no_participant_unless_it_takes_one_to_make_it() -> None:
    crowd = frozenset({A, B, MAIN})
    assert participants(event(A, crowd), event(B, crowd), join(MAIN, A)) == [(A, B)]
    crowd = frozenset({A, MAIN})
    assert participants(event(A, crowd), join(MAIN, A)) == [(A, MAIN)]


def test_a_crowd_with_a_member_stuck_elsewhere_is_a_consequence() -> None:
    crowd = frozenset({A, B, C, D})
    assert participants(lock(A, B), lock(B, A), event(C, crowd), event(D, crowd)) == [(A, B)]


def test_without_those_who_are_stuck_elsewhere_it_is_none() -> None:
    crowd = frozenset({A, B, C, D})
    waits = {wait.node: wait for wait in (lock(A, B), lock(B, A), event(C, crowd), event(D, crowd), lock(MAIN, A))}
    left = without({A, B}, waits)
    assert find_knots(stuck_nodes(waits) - {A, B}, left) == ((C, D),)
    assert not left[MAIN].enablers


def test_a_lock_and_a_crowd() -> None:
    crowd = frozenset({A, B, MAIN})
    assert participants(event(A, crowd), lock(B, A), join(MAIN, B)) == [(A, B)]


def test_edges_to_a_crowd_are_few() -> None:
    crowd = frozenset((0, serial) for serial in range(1, 1001))
    graph = build([event(node, crowd) for node in crowd])
    assert len(graph.knots) == 1
    assert len(graph.edges) == 8 * len(crowd)
    assert ends_of(event(A, crowd)) == [(0, serial) for serial in range(2, 10)]
