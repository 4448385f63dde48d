"""A deadlock whose threads are killed stays one to the end; it is over only when somebody in it goes on."""

import os
import signal
from typing import Any

from engine.session import Session
from tests.engine.running import PATIENCE_S, Start, start, texts, wait_for

__all__ = ["start"]  # a fixture

EMBRACE = """
import {module}
def work(first, second, together):
    with first:
        together.wait()
        with second:
            pass
if __name__ == "__main__":
    accounts, audit, together = {module}.Lock(), {module}.Lock(), {module}.Barrier(2)
    workers = [
        {module}.{worker}(target=work, args=(accounts, audit, together), name="debit"),
        {module}.{worker}(target=work, args=(audit, accounts, together), name="credit"),
    ]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
"""
OF_THREADS = EMBRACE.format(module="threading", worker="Thread")
OF_PROCESSES = EMBRACE.format(module="multiprocessing", worker="Process")
RESCUED = """
import multiprocessing
def work(done):
    done.get()
if __name__ == "__main__":
    done = multiprocessing.Queue()
    worker = multiprocessing.Process(target=work, args=(done,), name="worker")
    worker.start()
    worker.join()
"""


def deadlocks(session: Session) -> list[dict[str, Any]]:
    """All that was told of them, in order."""
    return [found for found in texts(session, "finding") if found["kind"] == "deadlock"]


def deadlocked(session: Session) -> dict[str, Any]:
    wait_for(lambda: bool(deadlocks(session)), session)
    return deadlocks(session)[-1]


def test_a_deadlock_lasts_to_the_end_when_its_process_is_killed(start: Start) -> None:
    session = start(OF_THREADS, until_ready=False)
    os.kill(deadlocked(session)["participants"][0]["process"], signal.SIGKILL)
    assert session.wait(PATIENCE_S).ended_by == "signal 9"
    assert {found["resolved_ns"] for found in deadlocks(session)} == {None}
    assert {found["id"] for found in deadlocks(session)} == {1}


def test_a_deadlock_stays_one_for_who_is_left_of_it(start: Start) -> None:
    session = start(OF_PROCESSES, until_ready=False)
    pids = [each["process"] for each in deadlocked(session)["participants"]]
    os.kill(pids[0], signal.SIGKILL)
    wait_for(lambda: bool(texts(session, "process-end")), session)
    os.kill(pids[1], signal.SIGKILL)
    assert session.wait(PATIENCE_S).ended_by == "itself"
    assert {found["resolved_ns"] for found in deadlocks(session)} == {None}
    assert {found["id"] for found in deadlocks(session)} == {1}


def test_a_deadlock_is_over_when_a_death_lets_others_go_on(start: Start) -> None:
    session = start(RESCUED, until_ready=False)
    members = deadlocked(session)["participants"]
    assert len(members) == 2
    (worker,) = {each["process"] for each in members} - {session.poll().pid}
    os.kill(worker, signal.SIGKILL)
    assert session.wait(PATIENCE_S).ended_by == "itself"
    assert deadlocks(session)[-1]["resolved_ns"] is not None
