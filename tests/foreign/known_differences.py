"""Tests of CPython's that come out differently when recorded, and why that must be so."""

from fnmatch import fnmatchcase

# By pattern of the interpreter's version, a blank, and the test's name.
REASONS = {
    "3.1[12].* *.WithThreadsTestPool.test_terminate": (
        "The test ends a pool of threads right after giving it tasks that sleep for five minutes; whether a worker has "
        "taken one by then is chance, and the test hangs if so. Measured on 3.11.7 only: 4 of 15 times without "
        "recording, 8 of 15 with it. 3.12.1 has the same lines; from 3.13 on threads sleep for a second there."
    ),
}
# What differed once and is no excuse any more; rows that have not been run since still tell of it. By the same pattern.
MENDED = {
    "* *.WithManagerTestRemoteManager.test_remote": (
        "The test wants `time.sleep` to be refused by xmlrpc, which took the bound method that stands for it while it "
        "is recorded. It is refused since 360aef7; these rows were run with a tracer from before."
    ),
}


def reason_for(version: str, test: str) -> str | None:
    """Why this test differs on that interpreter; None when there is no reason."""
    return found_in(REASONS, version, test)


def story_of(version: str, test: str) -> str:
    """What the page says of a difference: its reason, or that it is mended."""
    return reason_for(version, test) or found_in(MENDED, version, test) or "No reason known."


def found_in(words: dict[str, str], version: str, test: str) -> str | None:
    """The words for the first pattern that matches."""
    return next((text for pattern, text in words.items() if fnmatchcase(f"{version} {test}", pattern)), None)
