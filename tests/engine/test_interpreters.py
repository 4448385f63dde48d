"""Interpreters: found wherever they lie, examined, and refused in one plain line."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine import interpreters
from engine.interpreters import UnusableInterpreter, candidates, find, probe

PATIENCE_S = 10.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_known", {})


def stand_in(path: Path, script: str) -> Path:
    """A program that behaves as `script` says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python(path: Path, version: str = "3.13.0", name: str = "CPython", free: int = 0) -> Path:
    """A program that answers as a Python would."""
    fields = "\\t".join(["lanescope", *version.split("."), name, str(free), str(path)])
    return stand_in(path, f"printf '{fields}'")


def environment(folder: Path) -> Path:
    """A virtual environment."""
    program = python(folder / "bin" / "python3")
    (folder / "pyvenv.cfg").touch()
    return program


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home and a PATH with no Python in them."""
    for variable in (
        "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "CONDA_PREFIX", "XDG_DATA_HOME", "ASDF_DATA_DIR", "MISE_DATA_DIR",
        "WORKON_HOME", "VIRTUAL_ENV",
    ):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "bin").mkdir()
    return tmp_path


def test_the_interpreter_in_use_is_examined_for_what_it_is() -> None:
    found = probe(sys.executable)
    assert found.version_info == sys.version_info[:3]
    assert found.title.startswith(f"Python {found.version}")
    assert os.path.realpath(found.path) == os.path.realpath(sys.executable)


def test_a_free_threaded_build_is_told_apart(tmp_path: Path) -> None:
    found = probe(python(tmp_path / "python3.14t", "3.14.1", free=1))
    assert found.free_threaded
    assert found.title == "Python 3.14.1 free-threaded"
    assert found.abilities == ("free-threaded threads", "sub-interpreters")
    assert probe(python(tmp_path / "python3.13", "3.13.9")).abilities == ()


def test_a_virtual_environment_is_found_by_its_folder(tmp_path: Path) -> None:
    python(tmp_path / "env" / "bin" / "python3")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    found = probe(tmp_path / "env")
    assert found.environment == tmp_path / "env"


def test_a_name_is_looked_for_on_the_path(bare_machine: Path) -> None:
    python(bare_machine / "bin" / "python3.12", "3.12.4")
    assert probe("python3.12").version == "3.12.4"


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (Path.exists, "there is no '{path}' here"),
        (lambda path: path.mkdir(), "{path} is a folder without a Python in it"),
        (lambda path: path.write_text("text"), "{path} is not executable"),
        (lambda path: stand_in(path, "echo hello"), "{path} is not a Python"),
        (lambda path: stand_in(path, "exit 3"), "{path} is not a Python"),
        (
            lambda path: (path.write_bytes(b"\x7fELF not really"), path.chmod(0o755)),
            "{path} cannot be run: Exec format",
        ),
        (lambda path: python(path, "3.10.13"), "{path} is Python 3.10.13, which is too old"),
        (lambda path: python(path, "2.7.18"), "{path} is Python 2.7.18, which is too old"),
        (lambda path: python(path, "3.11.9", "PyPy"), "{path} is PyPy 3.11.9"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(prepare: object, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "python"
    prepare(path)  # type: ignore[operator]
    with pytest.raises(UnusableInterpreter) as refusal:
        probe(path)
    assert str(refusal.value).startswith(reason.format(path=path))
    assert str(refusal.value).endswith("Lanescope needs CPython 3.11 or newer")
    assert "\n" not in str(refusal.value)


def test_a_name_that_is_nowhere_on_the_path_is_refused(bare_machine: Path) -> None:
    with pytest.raises(UnusableInterpreter, match=r"no 'python9\.9' on the PATH"):
        probe("python9.9")


def test_a_program_that_does_not_answer_is_ended_with_its_children(tmp_path: Path) -> None:
    path = stand_in(tmp_path / "python", "sleep 60 & echo $! > $0.pid; wait")
    with pytest.raises(UnusableInterpreter, match=r"did not answer within 0\.5 s"):
        probe(path, time_limit_s=0.5)
    child = int((tmp_path / "python.pid").read_text())
    deadline = time.monotonic() + PATIENCE_S
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_answer_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path = python(tmp_path / "python", "3.12.1")
    first = probe(path)
    assert probe(path) is first
    python(path, "3.12.10")
    assert probe(path).version == "3.12.10"


def test_places_where_interpreters_lie(bare_machine: Path) -> None:
    home = bare_machine / "home"
    expected = [
        environment(bare_machine / "project" / ".venv"),
        environment(bare_machine / "project" / "free-threaded env"),
        environment(home / ".virtualenvs" / "bank"),
        python(home / ".asdf" / "installs" / "python" / "3.12.4" / "bin" / "python3"),
        python(home / ".local" / "share" / "mise" / "installs" / "python" / "3.13.2" / "bin" / "python3"),
        python(bare_machine / "bin" / "python3.13t"),
        python(home / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3"),
        python(home / ".local" / "share" / "uv" / "python" / "cpython-3.14" / "bin" / "python3"),
        python(home / "miniconda3" / "bin" / "python3"),
        python(home / "miniconda3" / "envs" / "science" / "bin" / "python3"),
        python(home / "elsewhere" / "bin" / "python3"),
    ]
    (home / ".conda").mkdir()
    (home / ".conda" / "environments.txt").write_text(f"{home / 'elsewhere'}\n{home / 'gone'}\n", encoding="utf-8")
    for name in ("python3-config", "pythonw", "python2", "ipython"):
        python(bare_machine / "bin" / name)
    assert sorted(candidates([bare_machine / "project"])) == sorted(expected)
    deep = bare_machine / "project" / "src" / "bank"
    assert sorted(candidates([deep])) != sorted(expected)
    (bare_machine / "project" / "pyproject.toml").touch()
    assert sorted(candidates([deep])) == sorted(expected)


def test_find_gives_each_usable_interpreter_once_and_the_running_one_first(bare_machine: Path) -> None:
    python(bare_machine / "bin" / "python3.13")
    (bare_machine / "bin" / "python3").symlink_to("python3.13")
    python(bare_machine / "bin" / "python3.9", "3.9.1")
    stand_in(bare_machine / "bin" / "python", "exit 1")
    added = python(bare_machine / "by hand" / "my python", "3.15.0")
    found = list(find(added=[str(added), str(bare_machine / "missing")]))
    assert os.path.realpath(found[0].path) == os.path.realpath(sys.executable)
    assert sorted(entry.version for entry in found[1:]) == ["3.13.0", "3.15.0"]


@pytest.mark.full
def test_other_interpreters_are_examined_for_what_they_are(other_pythons: list[str]) -> None:
    for path in other_pythons:
        found = probe(path)
        assert found.version in found.title
        assert found.free_threaded == path.endswith("t")


# As printed by the launcher of Python 3.8 to 3.10, that of 3.11 to 3.13, and the install manager of 3.14.
OLD_LAUNCHER = r"""
Installed Pythons found by C:\WINDOWS\py.exe Launcher for Windows
 (venv)         C:\work\bank\.venv\Scripts\python.exe *
 -3.10-64       C:\Users\Ana Lee\AppData\Local\Programs\Python\Python310\python.exe
 -3.8-32        C:\Program Files (x86)\Python38-32\python.exe
 -2.7-64        C:\Python27\python.exe
"""
LAUNCHER = r"""
 -V:3.13 *        C:\Users\Ana Lee\AppData\Local\Programs\Python\Python313\python.exe
 -V:3.13t         C:\Users\Ana Lee\AppData\Local\Programs\Python\Python313\python3.13t.exe
 -V:3.12-32       C:\Python312-32\python.exe
 -V:3.11          \\tools\share\Python311\PYTHON.EXE
 -V:Anaconda/py39_4.12.0-64 D:\Anaconda3\python.exe
"""
MANAGER = r"""
  *               C:\work\bank\.venv\Scripts\python.exe
 -V:3.14-64       C:\Users\ana\AppData\Local\Python\pythoncore-3.14-64\python.exe
 -V:3.14t-64      C:\Users\ana\AppData\Local\Python\pythoncore-3.14t-64\python3.14t.exe
 -V:3.15-dev-arm64 C:\Users\ana\AppData\Local\Python\pythoncore-3.15-dev-arm64\python.exe
"""


@pytest.mark.parametrize(
    ("listing", "count", "last"),
    [
        (OLD_LAUNCHER, 4, r"C:\Python27\python.exe"),
        (LAUNCHER, 5, r"D:\Anaconda3\python.exe"),
        (MANAGER, 4, r"C:\Users\ana\AppData\Local\Python\pythoncore-3.15-dev-arm64\python.exe"),
        ("No suitable Python runtime found\n", 0, ""),
        (" -3.10-32         no path shown\n", 0, ""),
    ],
    ids=["to 3.10", "from 3.11", "install manager", "nothing there", "no path"],
)
def test_the_windows_launcher_is_understood_in_all_its_versions(listing: str, count: int, last: str) -> None:
    found = interpreters.listed_by_launcher(listing)
    assert len(found) == count
    assert found[-1:] == ([last] if last else [])
    assert all(path == path.strip() and path.lower().endswith(".exe") for path in found)
    if listing == LAUNCHER:
        assert found[3] == r"\\tools\share\Python311\PYTHON.EXE"
