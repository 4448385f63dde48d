"""Which files a program's own code is."""

import itertools
import math
from pathlib import Path

import pytest

from engine.recorder.definitions.interventions import ANYTHING, Interventions
from engine.recorder.definitions.program_code import ProgramCode
from engine.recorder.definitions.sources import Sources

CANCELS = "def give_up(job):\n    job.cancel()\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def cancels(folder: Path, *argv: str, seen: str = "") -> bool:
    """Whether a program that has been started so may cancel jobs; `seen`: a file that has shown in a stack."""
    sources = Sources()
    code = ProgramCode(sources)
    code.start(["python", *argv], folder)
    if seen:
        sources.text(str(folder / seen))
    code.read_on(math.inf)
    return code.interventions.cancels


@pytest.mark.parametrize(
    ("imports", "file"),
    [
        ("import helper", "helper.py"),
        ("import os, helper as h", "helper.py"),
        ("import os; import helper", "helper.py"),
        ("    from helper import give_up", "helper.py"),
        ("from parts import helper", "parts/helper.py"),
        ("from parts import (\n    other,\n    helper,\n)", "parts/helper.py"),
        ("import parts.helper", "parts/__init__.py"),
        ("helper = importlib.import_module('parts.helper')", "parts/helper.py"),
        ("from parts.inner import x", "parts/inner/__init__.py"),
    ],
)
def test_what_a_script_imports_is_its_own_though_nobody_has_seen_it(imports: str, file: str, tmp_path: Path) -> None:
    write(tmp_path, {"work/program.py": imports, f"work/{file}": CANCELS, "helper.py": "", "work/other.py": CANCELS})
    assert cancels(tmp_path, "work/program.py")
    assert cancels(tmp_path, str(tmp_path / "work/program.py"), "argument")
    write(tmp_path, {f"work/{file}": "cancelled = 0"})
    assert not cancels(tmp_path, "work/program.py")


def test_what_is_imported_leads_on(tmp_path: Path) -> None:
    files = {
        "bank/__init__.py": "",
        "bank/__main__.py": "from .accounts import Account",
        "bank/accounts/__init__.py": "from .. import audit",
        "bank/audit.py": "import bank.limits, spare",
        "bank/limits.py": "",
        "spare.py": CANCELS,
    }
    write(tmp_path, files)
    assert cancels(tmp_path, "-m", "bank")
    write(tmp_path, {"spare.py": ""})
    assert not cancels(tmp_path, "-m", "bank")


def test_a_command_is_code_too(tmp_path: Path) -> None:
    write(tmp_path, {"helper.py": CANCELS})
    assert cancels(tmp_path, "-c", "import helper")
    assert cancels(tmp_path, "-c", "job.cancel()")
    assert not cancels(tmp_path, "-c", "print()")


def test_installed_packages_count_as_far_as_they_have_shown(tmp_path: Path) -> None:
    folder = "lib/python3.14/site-packages"
    write(tmp_path, {f"{folder}/library.py": "import helper", f"{folder}/helper.py": CANCELS, "program.py": ""})
    assert not cancels(tmp_path, "program.py", seen=f"{folder}/library.py")
    assert cancels(tmp_path, "program.py", seen=f"{folder}/helper.py")


def test_a_library_that_only_a_sample_has_hit_does_not_count(tmp_path: Path) -> None:
    """What is hit is chance, and it may have been imported for anything."""
    library, part = (str(tmp_path / name) for name in ("lib/python3.14/site-packages/library.py", "part.py"))
    write(tmp_path, {"lib/python3.14/site-packages/library.py": CANCELS, "part.py": "", "program.py": ""})
    sources = Sources()
    code = ProgramCode(sources)
    code.start(["python", "program.py"], tmp_path)
    assert sources.to_keep(library, by_chance=True) == CANCELS
    sources.to_keep(part, by_chance=True)
    code.read_on(math.inf)
    assert sources.own == [str(tmp_path / "program.py"), part]
    assert code.interventions == Interventions()
    assert sources.to_keep(library) is None, "it has been kept"
    code.read_on(math.inf)
    assert code.interventions.cancels


@pytest.mark.parametrize("folder", ["lib/python3.13t/asyncio", "lib64/python3.11/concurrent"])
def test_the_standard_library_does_not_count(folder: str, tmp_path: Path) -> None:
    write(tmp_path, {f"{folder}/runners.py": CANCELS, "program.py": ""})
    assert not cancels(tmp_path, "program.py", seen=f"{folder}/runners.py")


def test_what_shows_later_counts_from_then_on(tmp_path: Path) -> None:
    write(tmp_path, {"program.py": "", "plug_in.py": "import helper", "helper.py": CANCELS})
    sources = Sources()
    code = ProgramCode(sources)
    code.start(["python", "program.py"], tmp_path)
    code.read_on(math.inf)
    assert code.interventions == Interventions()
    sources.text(str(tmp_path / "plug_in.py"))
    assert code.interventions == ANYTHING
    code.read_on(math.inf)
    assert code.interventions == Interventions(cancels=True)


def test_files_are_read_one_by_one_and_may_do_anything_until_then(tmp_path: Path) -> None:
    write(tmp_path, {"program.py": "import a, b", "a.py": "", "b.py": ""})
    code = ProgramCode(Sources(), clock=itertools.count().__next__)  # each takes a second
    code.start(["python", "program.py"], tmp_path)
    for _ in range(3):
        assert not code.is_read
        assert code.interventions == ANYTHING
        code.read_on(0.5)
    assert code.is_read
    assert code.interventions == Interventions()


def test_too_many_files_may_do_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("engine.recorder.definitions.program_code.MOST_FILES", 2)
    write(tmp_path, {"program.py": "import a, b", "a.py": "", "b.py": ""})
    assert cancels(tmp_path, "program.py")
