"""Finds the variable that a primitive was assigned to, in the source at the line that created it."""

import ast
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from engine.recorder.definitions.sources import Sources

RUNNERS = ("Thread", "Process", "Timer", "Pool", "Executor")  # what these are given when they are made is not they
LONGEST = 5000  # lines of a statement: of a longer one the whole file is read
_BEGINS = re.compile(r"(?!(?:else|elif|except|finally|case)\b)[\w@]")  # a statement that is in no other
KEEPING = frozenset({"append", "appendleft", "add", "insert", "setdefault", "put"})  # methods that keep what they get


@dataclass(frozen=True)
class _Assignment:
    """A value's place and the names it goes to; `many`: a list or comprehension whose members need a number."""

    start: tuple[int, int]  # line, and column in bytes
    end: tuple[int, int]
    names: tuple[str, ...]
    many: bool
    calls: frozenset[str]  # names of what is called in it
    runs: bool = False  # the value makes one of RUNNERS

    def name(self, made: int) -> str:
        """Of the how-manieth that it makes, from 1."""
        if len(self.names) > 1:
            return self.names[(made - 1) % len(self.names)]
        (name,) = self.names
        if self.many:
            return f"{name}[{made - 1}]"
        return name if made == 1 else f"{name} #{made}"


class SourceNames:
    """Names by place; "" where the source does not tell. Knows nothing of running code.

    Of a file only what spans the line in question is read, for it may have thousands: whoever looks for deadlocks
    waits meanwhile.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lines: dict[tuple[str, int], list[_Assignment]] = {}  # by file and line
        self._made: dict[tuple[object, str, int, tuple[_Assignment, ...]], int] = {}

    def name(self, scope: object, file: str, line: int, kind: str = "", column: int = -1) -> str:
        """The name of the next primitive of this kind made at this place within `scope` (a process)."""
        assignments = self._find(file, line, kind, column)
        if not assignments:
            return ""
        key = scope, file, line, assignments
        before = self._made.get(key, 0)
        self._made[key] = before + 1
        return assignments[before % len(assignments)].name(before // len(assignments) + 1)

    def name_at(self, file: str, line: int, column: int, kind: str, made: int) -> str:
        """The name of the how-manieth primitive of this kind made by the call at this place."""
        assignments = self._find(file, line, kind, column)
        return assignments[0].name(made) if assignments else ""

    def _around(self, file: str, line: int) -> list[_Assignment]:
        """Those that span this line, and perhaps others."""
        if (file, line) not in self._lines:
            text = self._sources.text(file) or ""
            tree = _parse(_statement_at(text, line)) or _parse(text) or ast.Module([], [])
            self._lines[file, line] = [each for node in _nodes_at(tree, line) for each in _assignments(node)]
        return self._lines[file, line]

    def _find(self, file: str, line: int, kind: str, column: int) -> tuple[_Assignment, ...]:
        """The innermost assignment around a column.

        Where that is not known (-1), the narrowest around the line; if there are several, those that make this kind,
        from left to right.
        """
        if column >= 0:
            around = [each for each in self._around(file, line) if each.start <= (line, column) < each.end]
            innermost = sorted(around, key=lambda each: (each.start, [-place for place in each.end]))[-1:]
            return tuple(each for each in innermost if not each.runs or each.start == (line, column))
        fitting = [each for each in self._around(file, line) if each.start[0] <= line <= each.end[0]]
        height = min((each.end[0] - each.start[0] for each in fitting), default=0)
        narrow = [each for each in fitting if each.end[0] - each.start[0] == height]
        if len(narrow) < 2:
            return tuple(narrow)
        word = kind.rpartition(" ")[2]
        exact = [each for each in narrow if word in each.calls]
        made = exact or [each for each in narrow if word and any(call.endswith(word) for call in each.calls)]
        inner = [each for each in made if not any(_is_around(each, other) for other in made)]
        return tuple(sorted(inner, key=lambda each: each.start)) or (narrow[0],)


def _is_around(outer: _Assignment, inner: _Assignment) -> bool:
    """Whether `inner` is a part of `outer`."""
    return outer is not inner and outer.start <= inner.start and inner.end <= outer.end


def _parse(text: str) -> ast.AST | None:
    try:
        return ast.parse(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _statement_at(text: str, line: int) -> str:
    """The statement of a module's that spans this line, by its looks; in its place, after empty lines.

    Where it only looks so, as within a text of many lines, it can hardly be parsed.
    """
    lines = text.split("\n")[: line + LONGEST]
    first = next((each for each in range(min(line, len(lines)) - 1, 0, -1) if _BEGINS.match(lines[each])), 0)
    while first and lines[first - 1].startswith("@"):
        first -= 1
    after = (each for each in range(line, len(lines)) if _BEGINS.match(lines[each]))
    return "\n" * first + "\n".join(lines[first : next(after, len(lines))])


def _nodes_at(tree: ast.AST, line: int) -> Iterator[ast.AST]:
    """Those that span this line, and those within these that have no place of their own; outer ones first."""
    left = deque([tree])
    while left:
        node = left.popleft()
        start, end = getattr(node, "lineno", line), getattr(node, "end_lineno", None) or line
        decorators = getattr(node, "decorator_list", ())  # come before it
        if min([start, *(each.lineno for each in decorators)]) <= line <= end:
            yield node
            left.extend(ast.iter_child_nodes(node))


def _assignments(node: ast.AST) -> list[_Assignment]:
    match node:
        case ast.Assign(targets=[target, *_], value=value):
            pairs = _of(target, value)
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.NamedExpr(target=target, value=value)
            | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
        ):
            pairs = _of(target, value)
        case ast.keyword(arg=str() as name, value=value):
            pairs = [_named(name, value)]
        case ast.Dict(keys=keys, values=values):
            pairs = [
                _named(key.value, value)
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        case ast.Call(func=ast.Attribute(value=collection, attr=method), args=values) if method in KEEPING:
            name = _text(collection)
            pairs = [_made_by(value, (name,), True) for value in values if name]
        case _:
            pairs = []
    return pairs


def _named(name: str, value: ast.expr) -> _Assignment:
    return _made_by(value, (name,), _is_many(value))


def _made_by(value: ast.expr, names: tuple[str, ...], many: bool) -> _Assignment:
    called = (node.func for node in ast.walk(value) if isinstance(node, ast.Call))
    calls = frozenset(_text(function) for function in called)
    runs = isinstance(value, ast.Call) and _text(value.func).endswith(RUNNERS)
    start = value.lineno, value.col_offset
    return _Assignment(
        start, (value.end_lineno or start[0], value.end_col_offset or start[1]), names, many, calls, runs
    )


def _of(target: ast.expr, value: ast.expr) -> list[_Assignment]:
    if isinstance(target, ast.Tuple | ast.List):
        names = tuple(_text(element) for element in target.elts)
        whole = [_made_by(value, names, False)] if all(names) else []
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(names):
            pieces = [piece for pair in zip(target.elts, value.elts, strict=True) for piece in _of(*pair)]
            return [*whole, *pieces] if value.lineno == value.end_lineno else pieces
        return whole
    name = _text(target)
    return [_named(name, value)] if name else []


def _text(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value, slice=ast.Constant(value=key)):
            return f"{_text(value)}[{key!r}]"
        case ast.Subscript(value=value):
            return _text(value)
        case ast.Starred(value=value):
            return _text(value)
    return ""


def _is_many(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        makes_collection = isinstance(value.func, ast.Name) and value.func.id in {"list", "tuple", "set", "dict"}
        return makes_collection and bool(value.args)
    return isinstance(
        value, ast.List | ast.Tuple | ast.Set | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    )
