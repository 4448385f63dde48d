"""Jobs of executors and pools come after their submits and before who has their results, whichever worker does them."""

from collections.abc import Sequence

import numpy as np

from engine.analysis.order.start_order import StartOrder
from engine.model.entities import Lane, Primitive, Process
from engine.model.jobs import WHOLE, Reading, Submit, Work
from engine.model.model import Model
from engine.model.nestings import Gift, Join, Receipt
from engine.recording.schema import TASK_ROW

EXECUTOR, EVENT = 1, 2
Job = tuple[int, int, int]  # lane, start, end; its number is its place


def order(
    works: Sequence[Job],
    *,
    submits: Sequence[tuple[int, int, int]] = (),
    readings: Sequence[tuple[int, int, int, bool]] = (),
    ended: int = 0,
    workers: int | None = 2,
    doubtful: bool = False,
    model: Model | None = None,
) -> StartOrder:
    """Lanes 1 and 2 are started by 0 at 0 and 5, and do jobs; 3 is started by it at 10. Submits: lane, time, job;
    readings: lane, time, job, whether sure. `ended`: how long before their tasks jobs are over."""
    made = model or Model({"start_ns": 0})
    made.processes = [Process(0, 1, "python", 0)]
    made.lanes = [Lane(n, 0, n + 1, 0, f"lane-{n}", at, parent=0 if n else None) for n, at in enumerate((0, 0, 5, 10))]
    made.primitives = {
        EXECUTOR: Primitive(EXECUTOR, "Executor", "pool", "bank.py", 1, 0, capacity=workers),
        EVENT: Primitive(EVENT, "Event", "event", "bank.py", 2, 0),
    }
    made.executor_workers = {EXECUTOR: [1, 2]}
    made.tasks.append(np.array([(*work, 0, 0) for work in works], TASK_ROW))
    jobs = made.jobs
    jobs.works += [Work(lane, start, EXECUTOR, n, 0, end - ended) for n, (lane, start, end) in enumerate(works)]
    jobs.submits += [Submit(lane, time, EXECUTOR, job) for lane, time, job in submits]
    jobs.readings += [Reading(lane, time, EXECUTOR, job, WHOLE, sure) for lane, time, job, sure in readings]
    return StartOrder(made, doubtful=doubtful)


def test_a_job_comes_after_its_submit_and_before_its_result() -> None:
    known = order([(1, 30, 40)], submits=[(3, 20, 0)], readings=[(3, 50, 0, True)])
    assert known.before((3, 19), (1, 35))
    assert not known.ordered((3, 21), (1, 35))
    assert known.before((1, 35), (3, 51))
    assert not known.ordered((1, 41), (3, 60)), "the worker goes on"


def test_a_job_comes_after_nothing_that_comes_before_its_workers_other_jobs() -> None:
    known = order([(1, 30, 40), (1, 50, 60)], submits=[(3, 20, 0), (0, 25, 1)])
    assert known.before((3, 15), (1, 35))
    assert not known.ordered((3, 15), (1, 55)), "another run may do this job first, or by another worker"
    assert known.before((0, 24), (1, 55))


def test_jobs_of_one_worker_may_meet_in_another_run() -> None:
    works = [(1, 30, 40), (1, 50, 60), (2, 70, 80)]
    many, one = order(works), order(works, workers=1)
    assert len({many.seat((1, 35)), many.seat((1, 55)), many.seat((2, 75)), many.seat((1, 20))}) == 4
    assert len({one.seat((1, 35)), one.seat((1, 55)), one.seat((2, 75)), one.seat((1, 20))}) == 1
    assert many.seat((0, 35)) == many.seat((0, 55))
    assert not many.ordered((1, 35), (1, 55))


def test_what_may_be_read_otherwise_is_doubtful() -> None:
    works, readings = [(1, 30, 40)], [(3, 50, 0, False)]
    assert not order(works, readings=readings).ordered((1, 35), (3, 51))
    assert order(works, readings=readings, doubtful=True).before((1, 35), (3, 51))


def test_what_a_callback_does_comes_after_the_job_but_not_before_its_result() -> None:
    known = order([(1, 30, 60)], ended=20, submits=[(3, 20, 0)], readings=[(3, 50, 0, True)])
    assert known.before((1, 39), (3, 51))
    assert not known.ordered((1, 45), (3, 51))
    assert known.before((3, 15), (1, 45))


def test_who_has_joined_a_worker_comes_after_all_of_its_jobs() -> None:
    model = Model({"start_ns": 0})
    model.joins = [Join(3, 90, 1, None)]
    known = order([(1, 30, 40), (1, 50, 60), (2, 50, 60)], model=model)
    assert known.before((1, 35), (3, 91))
    assert known.before((1, 55), (3, 91))
    assert not known.ordered((2, 55), (3, 91))


def test_what_one_job_gives_another_may_give_earlier() -> None:
    works, submits = [(1, 30, 40), (1, 50, 60)], [(0, 20, 0), (3, 22, 1)]
    model, other = Model({"start_ns": 0}), Model({"start_ns": 0})
    for each in (model, other):
        each.receipts = [Receipt(2, 45, EVENT, True)]
    model.gifts = [Gift(1, 35, EVENT, True)]
    other.gifts = [Gift(1, 35, EVENT, True), Gift(1, 55, EVENT, True)]
    assert order(works, submits=submits, model=model).before((0, 15), (2, 46))
    assert not order(works, submits=submits, model=other).ordered((0, 15), (2, 46))


def test_a_worker_comes_after_the_first_start_of_one() -> None:
    known = order([(2, 30, 40)])
    assert not known.ordered((0, 3), (2, 7)), "in another run it may be the first"
    assert known.before((0, 0), (2, 7))
