"""Runs programs of the corpus for real, a few at a time."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

from engine.model.model import Model
from engine.session import Session, program_request
from tests.engine.corpus import Program
from tests.engine.recorded import LIMIT_S, load

AT_ONCE = 4
LOOK_S = 0.01
Case = tuple[Program, str]  # with a start method of multiprocessing, or ""


def name(case: Case) -> str:
    return " ".join(filter(None, (case[0].name, case[1])))


def run(
    cases: list[Case], folder: Path, interpreter: str | None = None, at_once: int = AT_ONCE
) -> Iterator[tuple[str, Model]]:
    """The recordings of these, by name, as they are over. `interpreter`: a path; this one."""
    ahead = iter(cases)
    running: dict[str, Session] = {}
    try:
        while True:
            for case in itertools.islice(ahead, at_once - len(running)):
                program, method = case
                request = program_request(
                    [str(program.path), method] if method else [str(program.path)],
                    recording=folder / f"{name(case)}.lane",
                    time_limit_s=LIMIT_S,
                    end_on_deadlock=True,
                    interpreter=interpreter,
                )
                running[name(case)] = Session(request)
                running[name(case)].start()
            if not running:
                return
            while not (over := [key for key, session in running.items() if session.poll().over]):
                time.sleep(LOOK_S)
            for key in over:
                session = running.pop(key)
                session.close()
                yield key, load(folder / f"{key}.lane", session.poll()).model
    finally:
        for session in running.values():
            session.close()
