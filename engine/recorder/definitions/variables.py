"""What variables of a file can hold: nothing but what is made by certain calls, or else anything.

A variable is told by its name in the whole file, an attribute by its own, whoever has it; all that the file ever
assigns to it counts, or adds to it, and what a loop takes from it. Whatever is not understood may be anything.
"""

import ast
from collections.abc import Collection, Iterable

_COLLECTIONS = frozenset({"list", "set", "tuple"})
_ADDING = frozenset({"append", "appendleft", "add", "insert"})
_DEEPEST = 5  # variables that lead to each other


class Variables:
    """Answers for one file. `makers`: names of the calls that are meant; `types`: of what they make."""

    def __init__(self, nodes: Iterable[ast.AST], makers: Collection[str], types: Collection[str]) -> None:
        self._makers = makers
        self._types = types
        self._values: dict[str, list[ast.expr | None]] = {}  # by variable; None: anything
        for node in nodes:
            self._note(node)

    def is_made_so(self, value: ast.expr | None, depth: int = 0) -> bool:
        """Whether this can be nothing else, or a collection of nothing else."""
        match value:
            case ast.Constant():
                return value.value is None
            case ast.Call(func=function, args=arguments):
                name = last_name(function)
                return name in self._makers or (name in _COLLECTIONS and self._are_made_so(arguments, depth))
            case ast.List(elts=inside) | ast.Tuple(elts=inside) | ast.Set(elts=inside) | ast.Dict(values=inside):
                return self._are_made_so(inside, depth)
            case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
                return self.is_made_so(inner, depth)
            case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.Await(value=inner):
                return self.is_made_so(inner, depth)
        values = self._values.get(_variable(value))
        return bool(values) and depth < _DEEPEST and self._are_made_so(values or (), depth + 1)

    def _are_made_so(self, values: Iterable[ast.expr | None], depth: int) -> bool:
        return all(self.is_made_so(each, depth) for each in values)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign(target, value)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                self._assign(target, self._of_type(annotation) or value)
            case ast.NamedExpr(target=target, value=value):
                self._assign(target, value)
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                self._assign(target, value)
            case ast.comprehension(target=target, iter=value):
                self._assign(target, value)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._assign(target, None)
            case ast.AugAssign(target=target, value=value):
                self._assign(target, value)
            case ast.arg(arg=name, annotation=annotation):
                self._add(name, self._of_type(annotation))
            case ast.alias(name=name, asname=alias):
                self._add(alias or name, None)
            case ast.Call(func=ast.Attribute(value=target, attr=name), args=[*_, value]) if name in _ADDING:
                self._assign(target, value)

    def _of_type(self, annotation: ast.expr | None) -> ast.expr | None:
        """A value of that type, if that is meant."""
        name = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        is_meant = name is not None and last_name(name) in self._types
        return ast.Constant(None) if is_meant else None

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._assign(each, None)
        else:
            self._add(_variable(target), value)

    def _add(self, variable: str, value: ast.expr | None) -> None:
        self._values.setdefault(variable, []).append(value)


def _variable(target: ast.expr | None) -> str:
    """An element counts as what it is in."""
    match target:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.Subscript(value=inner) | ast.Starred(value=inner):
            return _variable(inner)
    return ""


def last_name(value: ast.expr) -> str:
    """`b` of `a.b`; nothing for what has no name."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
