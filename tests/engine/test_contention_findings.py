"""What real programs are told about their locks, pools, threads and processes; and what those near to them are not."""

import ast
import re
import sys
from pathlib import Path

import pytest

from engine.analysis.findings import find_all
from engine.session import RunRequest
from tests.engine.recorded import LIMIT_S, record

FOLDER = Path(__file__).parent / "contention"
KINDS = {
    "convoy", "lock-held-while-blocked", "costly-hold", "starvation", "lock-bound", "abandoned-lock",
    "pool-starvation", "thread-leak", "process-leak", "fork-with-threads",
}  # fmt: skip
# Those that a busy machine changes nothing of, and that take little time; the rest with --full.
QUICK = {
    "blocked asleep threads", "blocked turns threads", "forking held threads", "forking queue threads",
    "leaking growing threads", "leaking requests threads", "many left threads", "many released threads",
}  # fmt: skip
TRIES = 3
BY_ORDER = ("convoy", "costly-hold")
Case = tuple[str, str, str]  # program, its arguments, the kind of what is found ("nothing")


def cases() -> list[Case]:
    """As the programs' docstrings say."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for kind, forms in re.findall(r"^([a-z-]+): (.+)$", words, re.MULTILINE):
            found += [(path.stem, form, kind) for form in forms.split(", ")]
    return found


def name(case: Case) -> str:
    return f"{case[0]} {case[1]}"


CASES = [case for case in cases() if name(case) in QUICK]
OTHERS = [case for case in cases() if case not in CASES]


def kinds_of(case: Case, folder: Path, python: str = sys.executable) -> set[str]:
    """Of what is found in a run of it."""
    command = [python, str(FOLDER / f"{case[0]}.py"), *case[1].split()]
    recorded = record(RunRequest(command, folder / "run.lane", folder, time_limit_s=LIMIT_S))
    assert recorded.status.exit_status == 0, recorded.output
    assert recorded.model.program_end is not None
    assert recorded.model.program_end["ended_by"] == "itself"
    return {found["kind"] for found in find_all(recorded.model)} & KINDS


def assert_told(case: Case, kinds: set[str]) -> None:
    """What is looked for, maybe with what else there is to say of the same; or nothing."""
    assert kinds == set() if case[2] == "nothing" else case[2] in kinds


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_is_there_is_told_and_what_is_not_is_not(case: Case, tmp_path: Path) -> None:
    assert_told(case, kinds_of(case, tmp_path))


@pytest.mark.full
@pytest.mark.parametrize("case", OTHERS, ids=name)
def test_all_that_is_there_is_told_and_nothing_else(case: Case, tmp_path: Path) -> None:
    """Convoys and costly holds are there by the order in which the programs do things; of the others shares of time
    decide, so who waits for how long depends on the machine, too: one run in three has to tell of what is there. Of
    what is not there none may.
    """
    for number in range(1 if case[2] in ("nothing", *BY_ORDER) else TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        if case[2] in (kinds := kinds_of(case, folder)):
            break
    assert_told(case, kinds)


@pytest.mark.full
@pytest.mark.parametrize("case", CASES, ids=name)
def test_other_interpreters_tell_alike(case: Case, other_pythons: list[str], tmp_path: Path) -> None:
    for number, python in enumerate(other_pythons):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_told(case, kinds_of(case, folder, python))


def test_all_quick_programs_are_there() -> None:
    assert {name(case) for case in CASES} == QUICK
