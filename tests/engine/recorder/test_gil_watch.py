"""Looks at a GIL become spans."""

from typing import Any

from engine.recorder.sampling.gil_watch import MAX_GAP_NS, GilWatch
from engine.recording.schema import GIL_NOBODY

MS = 1_000_000
ALICE, BOB = 1, 2  # lanes + 1


def rows(watch: GilWatch) -> list[tuple[Any, ...]]:
    return [(row["holder"], row["start"] / MS, row["end"] / MS, row["looks"]) for row in watch.take()]


def test_looks_that_agree_are_one_span_and_a_change_lies_halfway() -> None:
    watch = GilWatch()
    for at, holder in ((0, ALICE), (4, ALICE), (8, BOB), (12, BOB), (16, ALICE)):
        watch.add(1, at * MS, holder, 0, 1)
    assert rows(watch) == [(ALICE, 0, 6, 2), (BOB, 6, 14, 2)]
    watch.forget(1)
    assert rows(watch) == [(ALICE, 14, 16, 1)]


def test_nothing_is_made_up_for_where_nobody_looked() -> None:
    watch = GilWatch()
    for at in (0, 4, 100, 104):
        watch.add(1, at * MS, ALICE, 0, 0)
    watch.settle(104 * MS + MAX_GAP_NS + 1)
    assert rows(watch) == [(ALICE, 0, 4, 2), (ALICE, 100, 104, 2)]


def test_sites_waiters_and_switches_are_kept() -> None:
    watch = GilWatch()
    for at, site, waiting, switches in ((0, 5, 1, 10), (2, 5, 3, 14), (4, 6, 2, 14), (6, 6, 0, 15)):
        watch.add(1, at * MS, ALICE, site, waiting, switches)
    watch.forget(1)
    found = [(row["site"], row["waiting"], row["switches"]) for row in watch.take()]
    assert found == [(5, 4, 4), (6, 2, 1)]


def test_gils_are_kept_apart_and_long_spans_are_told_meanwhile() -> None:
    watch = GilWatch()
    for at in range(0, 300, 10):
        watch.add(1, at * MS, ALICE, 0, 0)
        watch.add(2, at * MS, GIL_NOBODY, 0, 0)
    assert rows(watch) == [(ALICE, 0, 210, 21)]
