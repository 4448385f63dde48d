"""What signals say about the order of lanes: what must have come before, whoever gave them in this run."""

from engine.analysis.order.start_order import StartOrder
from engine.model.entities import Lane, Primitive, Process
from engine.model.model import Model
from engine.model.nestings import Gift, Join, Receipt

EVENT, CONDITION, SHARED = 1, 2, 3


def order(gifts: list[Gift], receipts: list[Receipt], *, lanes: int = 5, doubtful: bool = False) -> StartOrder:
    """Lane 0 starts all others at time 0."""
    model = Model({"start_ns": 0})
    model.processes = [Process(0, 1, "python", 0)]
    model.lanes = [Lane(n, 0, n + 1, 0, f"worker-{n}", 0, parent=0 if n else None) for n in range(lanes)]
    kinds = {EVENT: "Event", CONDITION: "Condition", SHARED: "process Event"}
    model.primitives = {n: Primitive(n, kind, kind, "bank.py", n, 0) for n, kind in kinds.items()}
    model.gifts, model.receipts = gifts, receipts
    return StartOrder(model, doubtful=doubtful)


def gift(lane: int, time: int, primitive: int | None = EVENT, *, followed: bool = True) -> Gift:
    return Gift(lane, time, primitive, followed)


def receipt(lane: int, time: int, primitive: int = EVENT, *, sure: bool = True) -> Receipt:
    return Receipt(lane, time, primitive, sure)


def test_what_the_only_giver_did_before_comes_first() -> None:
    known = order([gift(1, 20)], [receipt(2, 30)])
    assert known.before((1, 10), (2, 31))
    assert not known.before((1, 21), (2, 31)), "it goes on"
    assert not known.before((1, 10), (2, 29)), "nothing was received yet"


def test_what_only_one_of_two_givers_did_may_come_later() -> None:
    known = order([gift(1, 20), gift(3, 25)], [receipt(2, 30)])
    assert not known.ordered((1, 10), (2, 31))
    assert not known.ordered((3, 10), (2, 31))


def test_what_both_givers_must_have_waited_for_comes_first() -> None:
    gifts = [gift(1, 10, SHARED), gift(2, 20), gift(3, 25)]
    known = order(gifts, [receipt(2, 15, SHARED), receipt(3, 16, SHARED), receipt(4, 30)])
    assert known.before((1, 5), (4, 31))
    assert not known.before((2, 5), (4, 31))


def test_who_gives_because_of_it_could_not_have_given_it() -> None:
    gifts = [gift(1, 20), gift(2, 35, SHARED), gift(3, 50)]
    known = order(gifts, [receipt(2, 30), receipt(3, 40, SHARED)])
    assert known.before((1, 10), (2, 31)), "lane 3 goes on because of lane 2"


def test_what_one_has_given_oneself_says_nothing() -> None:
    assert not order([gift(1, 20), gift(2, 25)], [receipt(2, 30)]).before((1, 10), (2, 31))
    assert order([gift(1, 20), gift(2, 35)], [receipt(2, 30)]).before((1, 10), (2, 31)), "later, that is"


def test_what_is_not_told_anew_after_a_gift_may_come_later() -> None:
    assert not order([gift(1, 20, followed=False)], [receipt(2, 30)]).before((1, 10), (2, 31))


def test_gifts_between_processes_count_only_when_all_are_told() -> None:
    gifts, receipts = [gift(1, 20, SHARED), gift(1, 21)], [receipt(2, 30, SHARED), receipt(3, 30)]
    assert order(gifts, receipts).before((1, 10), (2, 31))
    cut = order([*gifts, gift(4, 40, None)], receipts)
    assert not cut.before((1, 10), (2, 31))
    assert cut.before((1, 10), (3, 31)), "within one process nothing is missing"


def test_waits_that_may_not_be_needed_order_only_doubtfully() -> None:
    for primitive, sure in ((EVENT, False), (CONDITION, True)):
        gifts, receipts = [gift(1, 20, primitive)], [receipt(2, 30, primitive, sure=sure)]
        assert not order(gifts, receipts).before((1, 10), (2, 31))
        assert order(gifts, receipts, doubtful=True).before((1, 10), (2, 31))


def test_long_and_circular_chains_of_gifts_end() -> None:
    kinds = range(1, 2000)  # deeper than Python may go
    model = Model({"start_ns": 0})
    model.processes = [Process(0, 1, "python", 0)]
    model.lanes = [Lane(n, 0, n + 1, 0, f"worker-{n}", 0, parent=0 if n else None) for n in range(3)]
    model.primitives = {n: Primitive(n, "Event", "event", "bank.py", n, 0) for n in kinds}
    model.gifts = [gift(1 + n % 2, 10 * n, n) for n in kinds] + [gift(2, 5, 1), gift(1, 15, 2)]
    model.receipts = [receipt(2 - n % 2, 10 * n + 5, n) for n in kinds]
    known = StartOrder(model)
    assert known.before((1, 19_000), (2, 19_996))


def test_a_process_that_is_found_to_have_ended_by_chance_is_joined_with_the_next_one() -> None:
    """Launching a process looks for those that have ended."""
    model = Model({"start_ns": 0})
    model.processes = [Process(n, 100 + n, "python", 0, parent=0 if n else None) for n in range(4)]
    for number, process in enumerate(model.processes):
        process.launched_ns, process.start_ns = 100 * number, 100 * number + 50
    model.lanes = [Lane(n, n, 1, 0, "MainThread", 100 * n) for n in range(4)]
    model.joins = [Join(0, 310, None, 1), Join(0, 500, None, 2)]
    known = StartOrder(model)
    assert not known.before((1, 200), (3, 400)), "the third might have been launched before the first one's end"
    assert not known.before((1, 200), (0, 400))
    assert known.before((1, 200), (0, 501))
    assert known.before((2, 250), (0, 501))
