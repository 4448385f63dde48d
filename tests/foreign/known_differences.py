"""Tests of CPython's that come out differently when recorded, and why that must be so."""

from fnmatch import fnmatchcase

# By pattern of the interpreter's version, a blank, and the test's name.
REASONS = {
    "* *.WithManagerTestRemoteManager.test_remote": (
        "The test wants `time.sleep` to be refused by xmlrpc, which refuses what has no `__dict__`. While it is "
        "recorded, `time.sleep` is a bound method, which has one."
    ),
    "3.1[12].* *.WithThreadsTestPool.test_terminate": (
        "The test ends a pool of threads right after giving it tasks that sleep for five minutes; whether a worker has "
        "taken one by then is chance, and the test hangs if so. Measured on 3.11.7 only: 4 of 15 times without "
        "recording, 8 of 15 with it. 3.12.1 has the same lines; from 3.13 on threads sleep for a second there."
    ),
}


def reason_for(version: str, test: str) -> str | None:
    """Why this test differs on that interpreter; None when there is no reason."""
    return next((reason for pattern, reason in REASONS.items() if fnmatchcase(f"{version} {test}", pattern)), None)
