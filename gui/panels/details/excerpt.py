"""A few lines of a source file around one of them."""

from functools import lru_cache
from pathlib import Path

AROUND = 3
MOST_BYTES = 2_000_000  # larger files are no source that anybody wrote
MOST_COLUMNS = 100


def excerpt(file: str, line: int, around: int = AROUND) -> list[tuple[int, str]]:
    """Numbered lines around `line` (from 1); empty when the file is not there or no longer that long."""
    lines = _lines(file)
    if not 1 <= line <= len(lines):
        return []
    first = max(1, line - around)
    return [
        (number, lines[number - 1].expandtabs(4).rstrip()[:MOST_COLUMNS])
        for number in range(first, min(len(lines), line + around) + 1)
    ]


@lru_cache(maxsize=64)
def _lines(file: str) -> tuple[str, ...]:
    path = Path(file)
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ()
        return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()
