"""Small programs, one for each form of deadlock and for what only looks like one. Each tells in its docstring:

verdict: deadlock | potential | clean | chance (potential, or a warning: that depends on the run)
cause: as in `main.py check --json`
participants: names of threads (or of processes, for their main threads), or how many
methods: start methods of multiprocessing, one of which is its argument; none: it takes none
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_FIELD = re.compile(r"^(verdict|cause|participants|methods): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """One of them, and what it says of itself. `participants`: names, or only their number."""

    path: Path
    verdict: str
    cause: str | None
    participants: frozenset[str]
    count: int
    methods: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.stem


def programs(*verdicts: str) -> list[Program]:
    """Those with one of these verdicts (all), by name."""
    found = [load(path) for path in sorted(FOLDER.glob("*.py")) if path.stem != "__init__"]
    return [program for program in found if not verdicts or program.verdict in verdicts]


def load(path: Path) -> Program:
    """One program."""
    fields = dict(_FIELD.findall(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""))
    who = fields.get("participants", "0")
    names = frozenset() if who.isdigit() else frozenset(name.strip() for name in who.split(","))
    count = int(who) if who.isdigit() else len(names)
    methods = tuple(fields["methods"].split(", ")) if "methods" in fields else ()
    return Program(path, fields["verdict"], fields.get("cause"), names, count, methods)
