"""A few lines of a source text around one of them."""

AROUND = 3
MOST_COLUMNS = 100


def excerpt(text: str | None, line: int, around: int = AROUND) -> list[tuple[int, str]]:
    """Numbered lines around `line` (from 1); empty when there is no text or it is not that long."""
    lines = (text or "").splitlines()
    if not 1 <= line <= len(lines):
        return []
    first = max(1, line - around)
    return [
        (number, lines[number - 1].expandtabs(4).rstrip()[:MOST_COLUMNS])
        for number in range(first, min(len(lines), line + around) + 1)
    ]
