"""Tests of CPython's that come out differently when recorded, and why that must be so."""

from fnmatch import fnmatchcase

# By pattern of the test's name.
REASONS = {
    "*.WithManagerTestRemoteManager.test_remote": (
        "The test wants `time.sleep` to be refused by xmlrpc, which refuses what has no `__dict__`. While it is "
        "recorded, `time.sleep` is a bound method, which has one."
    ),
}


def reason_for(test: str) -> str | None:
    """Why this test differs; None when there is no reason."""
    return next((reason for pattern, reason in REASONS.items() if fnmatchcase(test, pattern)), None)
