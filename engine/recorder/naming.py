"""Finds the variable that a primitive was assigned to, in the source at the line that created it."""

import ast
from dataclasses import dataclass

from engine.recorder.sources import Sources


@dataclass(frozen=True)
class _Assignment:
    """A value's place and the names it goes to; `many`: a list or comprehension whose members need a number."""

    first: int
    last: int
    columns: tuple[int, int]
    names: tuple[str, ...]
    many: bool
    calls: frozenset[str]  # names of what is called in it


class SourceNames:
    """Names by place, each file read once; "" where the source does not tell. Knows nothing of running code."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._files: dict[str, list[_Assignment]] = {}
        self._made: dict[tuple[object, str, int, tuple[_Assignment, ...]], int] = {}

    def name(self, scope: object, file: str, line: int, kind: str = "") -> str:
        """The name of the next primitive of this kind made at this place within `scope` (a process)."""
        assignments = self._find(file, line, kind)
        if not assignments:
            return ""
        key = scope, file, line, assignments
        before = self._made.get(key, 0)
        self._made[key] = before + 1
        assignment, made = assignments[before % len(assignments)], before // len(assignments) + 1
        names = assignment.names
        if len(names) > 1:
            return names[(made - 1) % len(names)]
        if assignment.many:
            return f"{names[0]}[{made - 1}]"
        return names[0] if made == 1 else f"{names[0]} #{made}"

    def _find(self, file: str, line: int, kind: str) -> tuple[_Assignment, ...]:
        """The narrowest assignment; where one line has several, those that make this kind, from left to right."""
        if file not in self._files:
            self._files[file] = _parse(self._sources.text(file))
        fitting = [each for each in self._files[file] if each.first <= line <= each.last]
        height = min((each.last - each.first for each in fitting), default=0)
        narrow = [each for each in fitting if each.last - each.first == height]
        if len(narrow) < 2:
            return tuple(narrow)
        word = kind.rpartition(" ")[2]
        exact = [each for each in narrow if word in each.calls]
        made = exact or [each for each in narrow if word and any(call.endswith(word) for call in each.calls)]
        innermost = [each for each in made if not any(_is_around(each, other) for other in made)]
        return tuple(sorted(innermost, key=lambda each: each.columns)) or (narrow[0],)


def _is_around(outer: _Assignment, inner: _Assignment) -> bool:
    """On one line (or the same lines): whether `inner` is a part of `outer`."""
    (left, right), (inner_left, inner_right) = outer.columns, inner.columns
    return outer is not inner and left <= inner_left and inner_right <= right


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
        case _:
            pairs = []
    return pairs


def _named(name: str, value: ast.expr) -> _Assignment:
    return _made_by(value, (name,), _is_many(value))


def _made_by(value: ast.expr, names: tuple[str, ...], many: bool) -> _Assignment:
    called = (node.func for node in ast.walk(value) if isinstance(node, ast.Call))
    calls = frozenset(_text(function) for function in called)
    columns = value.col_offset, value.end_col_offset or value.col_offset
    return _Assignment(value.lineno, value.end_lineno or value.lineno, columns, names, many, calls)


def _of(target: ast.expr, value: ast.expr) -> list[_Assignment]:
    first, last = value.lineno, value.end_lineno or value.lineno
    if isinstance(target, ast.Tuple | ast.List):
        names = tuple(_text(element) for element in target.elts)
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(names) and first != last:
            return [piece for pair in zip(target.elts, value.elts, strict=True) for piece in _of(*pair)]
        return [_made_by(value, names, False)] if all(names) else []
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
