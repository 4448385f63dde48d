"""Runs programs of the corpus for real, a few at a time."""

from collections.abc import Iterator
from pathlib import Path

from engine.model.model import Model
from engine.session import Session, program_request
from tests.engine.corpus import Program
from tests.engine.recorded import LIMIT_S, load

AT_ONCE = 4
Case = tuple[Program, str]  # with a start method of multiprocessing, or ""


def name(case: Case) -> str:
    return " ".join(filter(None, (case[0].name, case[1])))


def run(cases: list[Case], folder: Path, interpreter: str | None = None) -> Iterator[tuple[str, Model]]:
    """The recordings of these, by name. `interpreter`: a path; this one."""
    for first in range(0, len(cases), AT_ONCE):
        sessions = {}
        try:
            for case in cases[first : first + AT_ONCE]:
                program, method = case
                words = [str(program.path), method] if method else [str(program.path)]
                recording = folder / f"{name(case)}.lane"
                request = program_request(
                    words,
                    recording=recording,
                    time_limit_s=LIMIT_S,
                    end_on_deadlock=True,
                    interpreter=interpreter,
                )
                sessions[name(case)] = Session(request)
                sessions[name(case)].start()
            for key, session in sessions.items():
                yield key, load(folder / f"{key}.lane", session.wait(LIMIT_S)).model
        finally:
            for session in sessions.values():
                session.close()
