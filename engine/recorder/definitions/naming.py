"""Finds the variable that a primitive was assigned to, in the source at the line that created it."""

import ast
from dataclasses import dataclass

from engine.recorder.definitions.sources import Sources

RUNNERS = ("Thread", "Process", "Timer", "Pool", "Executor")  # what these are given when they are made is not they
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
    """Names by place, each file read once; "" where the source does not tell. Knows nothing of running code."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._files: dict[str, list[_Assignment]] = {}
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

    def _assignments(self, file: str) -> list[_Assignment]:
        if file not in self._files:
            self._files[file] = _parse(self._sources.text(file))
        return self._files[file]

    def _find(self, file: str, line: int, kind: str, column: int) -> tuple[_Assignment, ...]:
        """The innermost assignment around a column.

        Where that is not known (-1), the narrowest around the line; if there are several, those that make this kind,
        from left to right.
        """
        if column >= 0:
            around = [each for each in self._assignments(file) if each.start <= (line, column) < each.end]
            innermost = sorted(around, key=lambda each: (each.start, [-place for place in each.end]))[-1:]
            return tuple(each for each in innermost if not each.runs or each.start == (line, column))
        fitting = [each for each in self._assignments(file) if each.start[0] <= line <= each.end[0]]
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


def _parse(text: str | None) -> list[_Assignment]:
    try:
        tree = ast.parse(text or "")
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return [assignment for node in ast.walk(tree) for assignment in _assignments(node)]


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
