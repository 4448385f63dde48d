"""A few lines of a source text around one of them."""

from textwrap import dedent

AROUND = 3
MOST_COLUMNS = 100


def excerpt(text: str | None, line: int, around: int = AROUND) -> list[tuple[int, str]]:
    """Numbered lines around `line` (from 1), without the indentation that all have; empty when it is not that long."""
    lines = (text or "").splitlines()
    if not 1 <= line <= len(lines):
        return []
    first = max(1, line - around)
    shown = dedent("\n".join(each.expandtabs(4).rstrip() for each in lines[first - 1 : line + around]))
    return [(first + place, each[:MOST_COLUMNS]) for place, each in enumerate(shown.split("\n"))]
