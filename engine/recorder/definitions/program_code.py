"""A program's own code, as far as it can be reached: what it may do to others' waits.

To it belong what its processes were started with, the files that have shown in a stack or as the place of a wait, and
whatever these import, as their text says, from beside them or from beside the script. Installed packages count as far
as they have shown; the standard library does not. Not seen: what is imported under a name that is put together while
the program runs, and C code.

Files are read a few at a time, for there may be many and reading one may take 30 ms: whoever looks for deadlocks has no
more time. Until all have been read the program may do anything.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.recorder.definitions.command_line import what_it_runs
from engine.recorder.definitions.interventions import ANYTHING, Interventions, interventions_in
from engine.recorder.definitions.sources import INSTALLED, Sources

BUDGET_S = 0.003  # thread CPU time
MOST_FILES = 2000  # nobody waits until more have been read: they may do anything
_IMPORTS = re.compile(
    r"^(?:[^\n#]*[;:])?[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]+)|import[ \t]+([^\n#;]+))"
    r"""|(?:import_module|__import__)\([ \t]*["'](\.*)([\w.]+)["']""",
    re.MULTILINE,
)


class ProgramCode:
    """Reads each file once, as often as somebody has time for some."""

    def __init__(self, sources: Sources, clock: Callable[[], float] = time.thread_time) -> None:
        self._sources = sources
        self._clock = clock
        self._folders: dict[Path, None] = {}  # where a process's own modules are looked for first
        self._scanned = 0  # of the sources' own files
        self._found = Interventions()

    def start(self, argv: list[str], folder: Path) -> None:
        """A process has been started so, in that working folder."""
        runs = what_it_runs(argv)
        self._found = self._found.with_those(interventions_in(runs.command))
        script = folder / runs.script
        self._folders[script.parent if runs.script else folder] = None
        if runs.script:
            self._sources.text(str(script))
        self._follow(runs.command, folder)
        if runs.module:
            self._read([folder], [runs.module, f"{runs.module}.__main__"])

    @property
    def is_read(self) -> bool:
        """Whether nothing is left to be read."""
        return self._scanned == len(self._sources.own) or self._found == ANYTHING

    def read_on(self, budget_s: float = BUDGET_S) -> None:
        """Reads some more files, one at least."""
        deadline = self._clock() + budget_s
        while not self.is_read:
            file = self._sources.own[self._scanned]
            self._scanned += 1
            text = self._sources.text(file) or ""
            self._found = self._found.with_those(interventions_in(text))
            if not INSTALLED.search(file):
                self._follow(text, Path(file).parent)
            if self._scanned > MOST_FILES:
                self._found = ANYTHING
            if self._clock() >= deadline:
                break

    @property
    def interventions(self) -> Interventions:
        """All that it may do."""
        return self._found if self.is_read else ANYTHING

    def _follow(self, text: str, folder: Path) -> None:
        """Makes what this imports, from a file in that folder, one of the sources' own."""
        bases = [folder, _above_packages(folder), *self._folders]
        for dots, module, names, modules, more_dots, literal in _IMPORTS.findall(text):
            level = len(dots or more_dots)
            start = [[folder, *folder.parents][min(level, len(folder.parts)) - 1]] if level else bases
            wanted = module or literal
            self._read(start, [wanted] if wanted else [])
            prefix = f"{module}." if module else ""
            self._read(start, [prefix + each for each in re.findall(r"[\w.]+", names or modules)])

    def _read(self, bases: list[Path], modules: list[str]) -> None:
        for base in dict.fromkeys(bases):
            for module in modules:
                for path in _files_of(base, module):
                    self._sources.text(str(path))


def _files_of(base: Path, module: str) -> Iterator[Path]:
    """Where it would be, with the packages that it is in."""
    parts = module.strip(".").split(".")
    for count in range(1, len(parts) + 1):
        stem = base.joinpath(*parts[:count])
        if count == len(parts):
            yield stem.with_name(stem.name + ".py")
        yield stem / "__init__.py"


def _above_packages(folder: Path) -> Path:
    """What the outermost package that it is in lies in."""
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder
