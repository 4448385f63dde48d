"""Tests of CPython's that come out differently when recorded, and why that must be so."""

from fnmatch import fnmatchcase

REASONS: dict[str, str] = {}  # by pattern of the test's name


def reason_for(test: str) -> str | None:
    """Why this test differs; None when there is no reason."""
    return next((reason for pattern, reason in REASONS.items() if fnmatchcase(test, pattern)), None)
