"""Lines that take a lock and give it back themselves, so that it is no signal for others to give.

A `with` statement does; so does `lock.acquire()` where `lock.release()` stands in the same function.
"""

import ast
import warnings
from collections.abc import Iterator

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def bracketed_lines(source: str) -> frozenset[int]:
    """Their numbers, from 1; none where this is no Python that is understood."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the program's own text
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    scopes = [tree, *(node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS))]
    return frozenset(line for scope in scopes for line in _in_scope(scope))


def _in_scope(scope: ast.AST) -> Iterator[int]:
    """Those of a function, or of a module outside its functions."""
    taken: dict[str, list[ast.Call]] = {}
    released: set[str] = set()
    for node in _own(scope):
        if isinstance(node, ast.With):
            for item in node.items:
                yield from _lines(node.lineno, item.context_expr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            lock = ast.unparse(node.func.value)
            if node.func.attr == "acquire":
                taken.setdefault(lock, []).append(node)
            elif node.func.attr == "release":
                released.add(lock)
    for lock in released & taken.keys():
        for call in taken[lock]:
            yield from _lines(call.lineno, call)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What is in it, but not in a function within it."""
    left = [*ast.iter_child_nodes(scope)]
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, _FUNCTIONS):
            left += ast.iter_child_nodes(node)


def _lines(first: int, last: ast.expr) -> range:
    return range(first, (last.end_lineno or first) + 1)
