"""Which Pythons there are, and what each can do.

Candidates come from PATH, pyenv, uv, asdf, mise, conda, the Windows launcher, the virtual environments of projects and
those kept in one place; each is examined by running it with a tiny script, several at a time, never for longer than a
time limit.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
TIME_LIMIT_S = 10.0
AT_ONCE = 4
NEEDED = "Lanescope needs CPython 3.11 or newer"

# Runs on any Python, 2 as well, and says who it is in one line of fields.
QUESTION = """
import sys
try:
    from platform import python_implementation
    from sysconfig import get_config_var
    name, free = python_implementation(), bool(get_config_var("Py_GIL_DISABLED"))
except Exception:
    name, free = "Python", False
version = [str(number) for number in sys.version_info[:3]]
sys.stdout.write("\\t".join(["lanescope"] + version + [name, str(int(free)), sys.executable]))
"""

PROJECT_SIGNS = (".git", "pyproject.toml", "setup.py")
CONDA_ROOTS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
LISTED_PROGRAM = re.compile(r"([A-Za-z]:|(?<!\S)\\)\\.*\.exe", re.IGNORECASE)
PROGRAM_NAME = re.compile(r"python(3(\.\d+)?t?)?(\.exe)?")


@dataclass(frozen=True)
class Interpreter:
    """A Python that can be traced."""

    path: Path
    version: str  # "3.13.0"
    version_info: tuple[int, int, int]
    free_threaded: bool  # built without a GIL
    environment: Path | None  # folder of the virtual environment that it belongs to

    @property
    def title(self) -> str:
        """Such as "Python 3.13.0 free-threaded"."""
        return f"Python {self.version}{' free-threaded' if self.free_threaded else ''}"

    @property
    def origin(self) -> str:
        """Whose it is, in a word or two: "pyenv", "system", "PATH", "bank/.venv"."""
        environment = self.environment
        if environment is not None and (environment / "conda-meta").is_dir():
            return f"conda {environment.name}"
        if environment is not None:
            named_alike = environment.name.lstrip(".") in ("venv", "env")
            return f"{environment.parent.name}/{environment.name}" if named_alike else environment.name
        folder = self.path.parent
        for name, root in _managers().items():
            if root in self.path.parents:
                return name
        if folder in map(Path, ("/usr/bin", "/bin")):
            return "system"
        return "PATH" if str(folder) in os.get_exec_path() else folder.parent.name or str(folder)

    @property
    def abilities(self) -> tuple[str, ...]:
        """What it has beyond threads with a GIL and processes."""
        found = ["free-threaded threads"] if self.free_threaded else []
        if self.version_info >= (3, 14):
            found.append("sub-interpreters")
        return tuple(found)


class UnusableInterpreter(ValueError):
    """Something that cannot be used as an interpreter; the message is one plain line."""


def probe(path: str | os.PathLike[str], time_limit_s: float = TIME_LIMIT_S) -> Interpreter:
    """Examines the interpreter at `path`: a file, a name on PATH, or the folder of a virtual environment.

    What is found is remembered for as long as the file does not change. UnusableInterpreter when it is none that can be
    traced.
    """
    file = _locate(os.fspath(path))
    status = file.stat()
    key = (str(file), status.st_mtime_ns, status.st_size)
    if key not in _known:
        _known[key] = _examine(file, time_limit_s)
    return _known[key]


def probe_all(path: str | os.PathLike[str], time_limit_s: float = TIME_LIMIT_S) -> list[Interpreter]:
    """Every interpreter that `path` stands for: several for a folder of programs, otherwise one.

    UnusableInterpreter when there is none that can be traced.
    """
    folder = Path(path).expanduser()
    files = _named_in(folder) if folder.is_dir() and not any(_programs_in(folder)) else []
    usable: dict[str, Interpreter] = {}
    refused: UnusableInterpreter | None = None
    for file in files:
        try:
            found = probe(file, time_limit_s)
            usable.setdefault(os.path.realpath(found.path), found)
        except UnusableInterpreter as error:
            refused = error
    if not usable and refused is not None:
        raise refused
    return list(usable.values()) or [probe(path, time_limit_s)]


def find(
    folders: Sequence[Path] | None = None, added: Iterable[str] = (), time_limit_s: float = TIME_LIMIT_S
) -> Iterator[Interpreter]:
    """All usable interpreters, each once, as soon as it has been examined; the one that runs this first.

    `folders` are projects whose virtual environments count (None: the working folder), `added` what the user has
    added. What cannot be used is left out.
    """
    seen: set[tuple[str, Path | None]] = set()
    files = _distinct([Path(sys.executable), *map(Path, added), *candidates(folders)])
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        first, *others = [pool.submit(probe, file, time_limit_s) for file in files]
        for future in (first, *as_completed(others)):
            try:
                found = future.result()
            except (UnusableInterpreter, OSError):
                continue
            identity = (os.path.realpath(found.path), found.environment)
            if identity not in seen:
                seen.add(identity)
                yield found


def candidates(folders: Sequence[Path] | None = None) -> Iterator[Path]:
    """Files that may be interpreters, by where they lie and what they are called."""
    home = Path.home()
    for folder in [Path.cwd()] if folders is None else folders:
        for place in _up_to_project(folder):
            yield from _environments_in(place)
    active = os.environ.get("VIRTUAL_ENV")
    if active:
        yield from _programs_in(Path(active))
    for entry in os.get_exec_path():
        yield from (file for file in _entries(Path(entry)) if PROGRAM_NAME.fullmatch(file.name))
    roots = _managers()
    for root in (roots["pyenv"] / "versions", roots["pyenv"] / "pyenv-win" / "versions", *roots.values()):
        for folder in _entries(root):
            yield from _programs_in(folder)
    yield from _environments_in(Path(os.environ.get("WORKON_HOME", home / ".virtualenvs")))
    yield from _conda_programs(home)
    if sys.platform == "win32":
        yield from _launcher_programs()
    if sys.platform == "darwin":
        for folder in _entries(Path("/Library/Frameworks/Python.framework/Versions")):
            yield from _programs_in(folder)


_known: dict[tuple[str, int, int], Interpreter] = {}


def _managers() -> dict[str, Path]:
    """Programs that keep several Pythons, and the folders that these lie in."""
    home = Path.home()
    return {
        "pyenv": Path(os.environ.get("PYENV_ROOT", home / ".pyenv")),
        "uv": Path(os.environ.get("UV_PYTHON_INSTALL_DIR", _data_folder(home) / "uv" / "python")),
        "asdf": Path(os.environ.get("ASDF_DATA_DIR", home / ".asdf")) / "installs" / "python",
        "mise": Path(os.environ.get("MISE_DATA_DIR", _data_folder(home) / "mise")) / "installs" / "python",
    }


def _locate(text: str) -> Path:
    path = Path(text).expanduser()
    if path.is_dir():
        for file in (*_programs_in(path), *_named_in(path)):
            return file
        raise UnusableInterpreter(f"{path} is a folder without a Python in it; {NEEDED}")
    if not path.exists():
        on_path = shutil.which(text) if path.name == text else None
        if on_path is None:
            where = "on the PATH" if path.name == text else "here"
            raise UnusableInterpreter(f"there is no {text!r} {where}; {NEEDED}")
        return Path(on_path)
    if not os.access(path, os.X_OK):
        raise UnusableInterpreter(f"{path} is not executable; {NEEDED}")
    return path.absolute()


def _examine(file: Path, time_limit_s: float) -> Interpreter:
    fields = _ask(file, time_limit_s).strip().split("\t")
    if len(fields) != 7 or fields[0] != "lanescope":
        raise UnusableInterpreter(f"{file} is not a Python; {NEEDED}")
    major, minor, micro = map(int, fields[1:4])
    version = f"{major}.{minor}.{micro}"
    if fields[4] not in ("CPython", "Python"):
        raise UnusableInterpreter(f"{file} is {fields[4]} {version}; {NEEDED}")
    if (major, minor) < OLDEST:
        raise UnusableInterpreter(f"{file} is Python {version}, which is too old; {NEEDED}")
    path = Path(fields[6]) if fields[6] else file
    return Interpreter(path, version, (major, minor, micro), fields[5] == "1", _environment_of(path))


def _ask(file: Path, time_limit_s: float) -> str:
    """What the program prints when it is run with the question."""
    try:
        process = subprocess.Popen(
            [str(file), "-E", "-S", "-c", QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UnusableInterpreter(f"{file} cannot be run: {error.strerror}; {NEEDED}") from None
    with process:
        try:
            return process.communicate(timeout=time_limit_s)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            _kill(process)
            raise UnusableInterpreter(f"{file} did not answer within {time_limit_s:g} s; is it a Python?") from None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends the program and what it has started: a wrapper script's child would keep its output open."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _environment_of(program: Path) -> Path | None:
    for folder in (program.parent.parent, program.parent):
        if (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir():
            return folder
    return None


def _programs_in(folder: Path) -> Iterator[Path]:
    """The interpreter of an installation or of a virtual environment, on any system."""
    for relative in ("bin/python3", "bin/python", "Scripts/python.exe", "python.exe"):
        if (folder / relative).is_file():
            yield folder / relative
            return


def _up_to_project(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the top of the project that it belongs to; only itself without one."""
    above = [folder, *folder.parents]
    top = next((place for place in above if any((place / sign).exists() for sign in PROJECT_SIGNS)), folder)
    yield from above[: above.index(top) + 1]


def _environments_in(folder: Path) -> Iterator[Path]:
    """The interpreters of the virtual environments that lie in a folder, whatever they are called."""
    for entry in _entries(folder):
        if (entry / "pyvenv.cfg").is_file():
            yield from _programs_in(entry)


def _named_in(folder: Path) -> list[Path]:
    """The files of a folder, such as a `bin`, that are called as interpreters are."""
    return [file for file in _entries(folder) if file.is_file() and PROGRAM_NAME.fullmatch(file.name)]


def _conda_programs(home: Path) -> Iterator[Path]:
    folders = [Path(os.environ["CONDA_PREFIX"])] if "CONDA_PREFIX" in os.environ else []
    for root in (parent / name for parent in (home, Path("/opt")) for name in CONDA_ROOTS):
        folders += [root, *_entries(root / "envs")]
    with suppress(OSError, UnicodeDecodeError):  # there is no list where conda has not been used
        folders += map(Path, (home / ".conda" / "environments.txt").read_text(encoding="utf-8").splitlines())
    for folder in folders:
        yield from _programs_in(folder)


def _launcher_programs() -> Iterator[Path]:
    try:
        listing = subprocess.run(["py", "-0p"], capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return  # no launcher
    yield from map(Path, listed_by_launcher(listing.stdout))


def listed_by_launcher(listing: str) -> list[str]:
    """The programs in what `py -0p` prints.

    Up to Python 3.10 a line has a tag, the path and, where it is the default, a star; later ones and those of the
    install manager have `-V:` before the tag and the star behind it.
    """
    lines = (line for line in listing.splitlines() if not line.lstrip().startswith("Installed Pythons found by"))
    return [match.group() for line in lines if (match := LISTED_PROGRAM.search(line))]


def _data_folder(home: Path) -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    return Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # not there, or not ours to read


def _distinct(files: Iterable[Path]) -> list[Path]:
    """Each file once; links to the same program in the same folder count as one, those in different folders do not."""
    return list({(file.parent, os.path.realpath(file)): file for file in reversed(list(files))}.values())[::-1]
