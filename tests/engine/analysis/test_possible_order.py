"""What may have kept moments in order although it is not recorded, and what can't have."""

import numpy as np
import pytest

from engine.analysis.order import lock_order, reach
from engine.analysis.order.outcomes import Outcomes
from engine.analysis.order.possible_order import PossibleOrder
from engine.model.entities import Lane, Primitive, Process
from engine.model.jobs import Submit, Work
from engine.model.model import Model
from engine.model.nestings import Gift, Held, Join, Nesting, Receipt
from engine.recording.schema import TASK_ROW

POOL, EVENT = 1, 2
MAIN, WORKER, ASIDE, OTHER = range(4)


def order(
    silent: dict[int, int],
    *,
    joins: tuple[Join, ...] = (),
    gifts: tuple[Gift, ...] = (),
    receipts: tuple[Receipt, ...] = (),
    started: int = 0,
    jobs: tuple[tuple[int, int], ...] = (),
) -> PossibleOrder:
    """The main thread starts all others, OTHER at `started`. WORKER does `jobs`, from when to when, submitted at 0."""
    model = Model({"start_ns": 0})
    model.processes = [Process(0, 1, "python", 0)]
    starts = 0, 0, 0, started
    model.lanes = [Lane(n, 0, n + 1, 0, f"lane-{n}", at, parent=0 if n else None) for n, at in enumerate(starts)]
    model.primitives = {
        n: Primitive(n, kind, kind, "bank.py", n, 0) for n, kind in {POOL: "Executor", EVENT: "Event"}.items()
    }
    model.executor_workers = {POOL: [WORKER]}
    model.tasks.append(np.array([(WORKER, *job, 0, 0) for job in jobs], TASK_ROW))
    model.jobs.works += [Work(WORKER, start, POOL, n, 0, end) for n, (start, end) in enumerate(jobs)]
    model.jobs.submits += [Submit(MAIN, 0, POOL, n) for n in range(len(jobs))]
    for lane, since_ns in silent.items():
        model.jobs.take_silence({"lane": lane, "time_ns": since_ns})
    model.joins, model.gifts, model.receipts = list(joins), list(gifts), list(receipts)
    return PossibleOrder(model, Outcomes(model))


def test_jobs_that_are_not_told_may_come_after_whatever_their_submitter_did() -> None:
    known = order({MAIN: 100})
    assert known.before((MAIN, 110), (WORKER, 120))
    assert known.before((MAIN, 110), (MAIN, 120))
    assert not known.before((MAIN, 110), (WORKER, 105)), "it was submitted later"
    assert known.before((WORKER, 105), (MAIN, 110)), "its result"
    assert not known.ordered((MAIN, 80), (WORKER, 90)), "until then all is told"


@pytest.mark.parametrize(("parent", "possible"), [(0, False), (1, True), (None, True)])
def test_only_workers_of_who_tells_not_of_all_jobs_may_get_untold_ones(parent: int | None, possible: bool) -> None:
    """`parent`: of the worker's process; None: not known. The main thread is that of a process of the program's."""
    known = order({MAIN: 100})
    model = known._model
    model.processes += [Process(1, 2, "silent", 0, parent=0), Process(2, 3, "worker", 0, parent=parent)]
    model.lanes[MAIN].process, model.lanes[WORKER].process = 1, 2
    assert known.before((MAIN, 110), (WORKER, 120)) is possible


def test_jobs_that_are_told_may_have_untold_results() -> None:
    known = order({MAIN: 100}, jobs=((10, 20), (130, 140)))
    assert known.before((WORKER, 135), (MAIN, 150))
    assert known.before((WORKER, 15), (WORKER, 135)), "by way of the main thread"


def test_threads_that_have_nothing_to_do_with_it_can_meet() -> None:
    known = order({MAIN: 100})
    assert not known.ordered((ASIDE, 110), (OTHER, 120))
    assert not known.ordered((ASIDE, 110), (WORKER, 120))
    assert not known.ordered((ASIDE, 110), (MAIN, 120))


def test_what_is_joined_before_it_may_come_before_untold_jobs() -> None:
    known = order({MAIN: 100}, joins=(Join(MAIN, 115, ASIDE, None),))
    assert known.before((ASIDE, 110), (WORKER, 120))
    assert not known.ordered((ASIDE, 110), (WORKER, 114)), "a job that came before the join"
    assert not known.ordered((ASIDE, 110), (OTHER, 120))


def test_what_is_started_after_untold_results_may_come_after_jobs() -> None:
    assert order({MAIN: 100}, started=130).before((WORKER, 120), (OTHER, 140))
    assert not order({MAIN: 100}, started=90).ordered((WORKER, 120), (OTHER, 140))


def test_a_gift_may_be_the_one_whoever_else_gave() -> None:
    """The worker gives too, and nobody knows whether another run goes on without its gift."""
    gifts = Gift(WORKER, 130, EVENT, True), Gift(ASIDE, 125, EVENT, True)
    known = order({MAIN: 100}, gifts=gifts, receipts=(Receipt(OTHER, 140, EVENT, True),))
    assert known.before((MAIN, 110), (OTHER, 150))
    assert not known.ordered((MAIN, 110), (OTHER, 139))


def test_who_is_not_followed_may_give_once_more_before_another_goes_on() -> None:
    gifts, receipts = (Gift(ASIDE, 20, EVENT, False),), (Receipt(OTHER, 30, EVENT, True),)
    known = order({}, gifts=gifts, receipts=receipts)
    assert known.before((ASIDE, 25), (OTHER, 50))
    assert not known.ordered((ASIDE, 25), (OTHER, 28))
    assert not known.ordered((ASIDE, 35), (OTHER, 50))
    followed = (gifts[0]._replace(followed=True),)
    assert not order({}, gifts=followed, receipts=receipts).ordered((ASIDE, 25), (OTHER, 50))


def test_where_there_is_too_much_to_look_at_anything_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    joins = tuple(Join(MAIN, time, ASIDE, None) for time in (115, 116))
    assert not order({MAIN: 100}, joins=joins).ordered((ASIDE, 110), (OTHER, 120))
    monkeypatch.setattr(reach, "MOST_WORK", 0)
    assert order({MAIN: 100}, joins=joins).before((ASIDE, 110), (OTHER, 120))


@pytest.mark.parametrize(
    ("lossy", "severity"), [([], "error"), ([MAIN], "error"), ([MAIN, ASIDE], "error"), ([ASIDE, OTHER], "warning")]
)
def test_lost_records_make_less_only_of_those_who_lost_them(lossy: list[int], severity: str) -> None:
    model = Model({"start_ns": 0})
    model.processes = [Process(0, 1, "python", 0)]
    model.lanes = [Lane(n, 0, n + 1, 0, f"lane-{n}", 0, parent=0 if n else None) for n in range(4)]
    kinds = {3: "Lock", 4: "Lock", 5: "Pipe"}
    model.primitives = {n: Primitive(n, kind, kind, "bank.py", n, 0) for n, kind in kinds.items()}
    model.nestings = [Nesting(ASIDE, 10, 3, 0, True, (Held(4, 0),)), Nesting(OTHER, 20, 4, 0, True, (Held(3, 0),))]
    model.overhead = {"dropped": len(lossy), "lossy": lossy}
    (found,) = lock_order.find(model)
    assert (found["kind"], found["severity"]) == ("potential-deadlock", severity)


def test_lost_words_make_less_of_all_predictions_of_their_process() -> None:
    """What would have kept apart what is predicted may be among them, whatever there is in the program."""
    model = Model({"start_ns": 0})
    model.processes = [Process(0, 1, "python", 0)]
    model.lanes = [Lane(n, 0, n + 1, 0, f"lane-{n}", 0, parent=0 if n else None) for n in range(4)]
    model.primitives = {n: Primitive(n, "Lock", "Lock", "bank.py", n, 0) for n in (3, 4)}
    model.nestings = [Nesting(ASIDE, 10, 3, 0, True, (Held(4, 0),)), Nesting(OTHER, 20, 4, 0, True, (Held(3, 0),))]
    assert [found["severity"] for found in lock_order.find(model)] == ["error"]
    model.overhead = {"dropped": 7, "lossy": [MAIN, WORKER, ASIDE, OTHER]}
    assert [found["severity"] for found in lock_order.find(model)] == ["error"], "no messages: nothing told by records"
    model.overhead["lost_texts"] = 7
    assert [found["severity"] for found in lock_order.find(model)] == ["warning"]
