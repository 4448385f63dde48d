"""Sorting names as people do."""

from functools import lru_cache

REMEMBERED = 8192  # tables sort the same names again and again


@lru_cache(REMEMBERED)
def natural(text: str) -> tuple[tuple[int, str, int], ...]:
    """A key that sorts worker-2 before worker-10."""
    parts: list[tuple[int, str, int]] = []
    digits = ""
    for letter in text:
        if letter.isdigit():
            digits += letter
            continue
        if digits:
            parts.append((0, "", int(digits)))
            digits = ""
        parts.append((1, letter, 0))
    if digits:
        parts.append((0, "", int(digits)))
    return tuple(parts)
