"""Tests of CPython's and of libraries' that come out differently when recorded, and why that must be so."""

from fnmatch import fnmatchcase

# By pattern of the interpreter's version, a blank, and the test's name (a library's: its title and a blank before it).
REASONS = {
    "* billiard *::test_set_get_pdeathsig": (
        "The test takes for granted that the process has been started without a parent death signal. A program that is "
        "recorded has SIGKILL for it, so that it ends when its recorder is killed; what it starts itself has none."
    ),
    "*t tqdm *::test_concurrent_map_unknown_len*": (
        "The bar counts by callbacks of futures, which run after whoever waits for the result has been told: it may be "
        "closed before the last. Without a GIL they run at the same time, and recording makes what comes before a "
        "callback take longer: on 3.13.15t one of the two tests failed in 5 of 30 runs without recording, one or both "
        "in 13 of 15 with it."
    ),
    "3.1[12].* *.WithThreadsTestPool.test_terminate": (
        "The test ends a pool of threads right after giving it tasks that sleep for five minutes: a thread cannot be "
        "ended, so the test takes that long, here never ended, when a worker has taken one by then, which is chance "
        "(python/cpython#113205; mended in 3.13, where threads sleep for a second). Either way may lose: with the "
        "sleep cut to half a second a task was taken, on 3.11.7, 39 of 162 times without recording and 76 of 162 with "
        "it, on 3.12.1 21 and 19 of 42. What comes between giving and ending takes a little longer when it is "
        "recorded; 6 ms of computing there, without recording, make it 25 of 40 instead of 15."
    ),
}
# Where Lanescope is to blame. This is no reason: the suites' exit status tells of them.
FAULTS: dict[str, str] = {}
# Why libraries cannot be run on an interpreter.
MISSING = {
    "3.13.0 multiprocess": "Its tests import `subTests` from CPython's `test.support`, which came with a later 3.13.",
}
# What differed once and not again: whether chance decides, and why. By the same pattern.
CHANCE = {
    "3.13.0 test.test_concurrent_futures.*": (
        "An executor that is shut down while a task that cannot be pickled is being told so waits for ever "
        "(python/cpython#125451, mended in 3.13.1): both stacks say so, and it happened without recording, too, in "
        "`test_shutdown_deadlock_pickle`."
    ),
    "* APScheduler *": (
        "`test_broken_pool` gives a pool the next job right after it has killed its only worker, which the pool may "
        "not have noticed yet; of eight runs each on 3.13.0, one failed without recording, none with it."
    ),
    "*t persist-queue *": (
        "The library counts what is in its queue without a lock, and without a GIL such counts get lost: of the five "
        "tests `test_multi_threaded_parallel`, 4, 4, 3 and 2 failed in four runs without recording, 2, 1, 3 and 3 in "
        "four with it."
    ),
    "3.11.7 execnet *": (
        "`test_channel_passing_over_channel` asks at once whether the other side has forgotten a channel: of twelve "
        "runs each of `thread-socket`, one failed without recording, none with it."
    ),
}


def reason_for(version: str, test: str) -> str | None:
    """Why this test differs on that interpreter; None when there is no reason."""
    return found_in(REASONS, version, test)


def story_of(version: str, test: str) -> str:
    """What the page says of a difference."""
    return reason_for(version, test) or found_in(FAULTS, version, test) or "No reason known."


def chance_of(version: str, test: str) -> str:
    """What the page says of a test that differed once and not again."""
    return found_in(CHANCE, version, test) or reason_for(version, test) or "No reason known."


def missing_because(place: str) -> str:
    """Why this library cannot be run on that interpreter."""
    return MISSING.get(place, "No reason known.")


def found_in(words: dict[str, str], version: str, test: str) -> str | None:
    """The words for the first pattern that matches."""
    return next((text for pattern, text in words.items() if fnmatchcase(f"{version} {test}", pattern)), None)
