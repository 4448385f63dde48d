"""Which calls stand at a line of the program's source: what a wait there was for, and whether for ever."""

import ast
import warnings
from typing import NamedTuple

from engine.model.entities import Site
from engine.model.model import Model


class Call(NamedTuple):
    """A call of a function or method of that name. `arguments`: how many stand in their places."""

    name: str
    arguments: int
    keywords: frozenset[str]


class Calls:
    """Answers for one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._by_file: dict[str, dict[int, list[Call]]] = {}

    def knows(self, site: Site | None) -> bool:
        """Whether the recording holds the source."""
        return site is not None and site.file in self._model.sources

    def at(self, site: Site | None) -> list[Call]:
        """Those that reach over the line of the site; none where the source is not known."""
        if site is None:
            return []
        if site.file not in self._by_file:
            self._by_file[site.file] = _by_line(self._model.sources.get(site.file, ""))
        return self._by_file[site.file].get(site.line, [])


def _by_line(source: str) -> dict[int, list[Call]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the program's own text
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[int, list[Call]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            call = Call(name, len(node.args), frozenset(keyword.arg or "**" for keyword in node.keywords))
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found.setdefault(line, []).append(call)
    return found
