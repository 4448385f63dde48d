"""Who had the GIL, what the system's accounts say, and how sure the sampled shares are."""

import math
from typing import Any

import numpy as np
import pytest

from engine.model.accounts import AccountStore, CoreStore, MemoryStore
from engine.model.attribution import Attribution, doubt, points_in_words
from engine.model.gil import NOBODY, STRANGER, UNKNOWN, Gil, GilStore
from engine.model.sampled import SampledTime
from engine.recording.schema import (
    ACCOUNT_ROW,
    CORE_ROW,
    GIL_NOBODY,
    GIL_ROW,
    GIL_STRANGER,
    MEMORY_ROW,
    SAMPLED,
    State,
)

ALICE, BOB = 4, 5  # lanes
MS = 1_000_000
GIL = 1
SITE, OTHER_SITE = 30, 31


def gil_store() -> GilStore:
    """Alice 0–40, Bob 40–60, nobody 60–70, not looked at 70–80, a stranger 80–100."""
    store = GilStore()
    store.define(Gil(GIL, 0, 0, inferred=False))
    store.define(Gil(2, 0, 3, inferred=False))
    store.append(
        np.array(
            [
                (GIL, ALICE + 1, 0, 30, SITE, 3, 6, 1),
                (GIL, ALICE + 1, 30, 40, OTHER_SITE, 1, 2, 0),
                (GIL, BOB + 1, 40, 60, 0, 2, 0, 1),
                (GIL, GIL_NOBODY, 60, 70, 0, 1, 0, 0),
                (GIL, GIL_STRANGER, 80, 100, 0, 1, 0, 0),
                (2, BOB + 1, 0, 100, 0, 9, 0, 0),
            ],
            GIL_ROW,
        )
    )
    return store


def test_who_had_the_gil_at_a_time() -> None:
    store = gil_store()
    found = [None if (span := store.at(GIL, time)) is None else span.lane for time in (0, 39, 40, 65, 75, 99)]
    assert found == [ALICE, ALICE, BOB, NOBODY, None, STRANGER]
    last = store.last(GIL, 75)
    assert last is not None
    assert last.lane == NOBODY


def test_who_had_it_how_long_and_where() -> None:
    store = gil_store()
    assert store.holders(GIL, 20, 100) == {ALICE: 20, BOB: 20, STRANGER: 20, NOBODY: 10}
    assert store.longest_site(GIL, ALICE, 0, 100) == SITE
    assert store.longest_site(GIL, ALICE, 30, 100) == OTHER_SITE
    assert store.longest_site(GIL, BOB, 0, 100) == 0
    assert [gil.label for gil in store.of_process(0)] == ["GIL", "GIL of interpreter 3"]


def test_the_load_is_the_part_of_the_time_in_which_it_was_taken() -> None:
    load = gil_store().load(GIL, 0, 100)
    assert load is not None
    assert (load.taken, load.waiting, load.switches, load.looks) == (0.8, 1.0, 2, 8)
    assert gil_store().load(GIL, 200, 300) is None


def test_columns_show_who_had_it_for_the_longest() -> None:
    holders, taken = gil_store().columns(GIL, 0, 25, 5)
    assert holders.tolist() == [ALICE, ALICE, NOBODY, STRANGER, UNKNOWN]
    np.testing.assert_allclose(taken, [1, 1, 0.4, 0.8, 0])


def test_accounts_are_those_between_the_first_and_the_last_told() -> None:
    store = AccountStore()
    rows = [(ALICE, 10, 100, 5, 1, 0), (BOB, 10, 7, 0, 0, 0), (ALICE, 20, 150, 9, 4, 2), (ALICE, 30, 180, 9, 5, 2)]
    store.append(np.array(rows, ACCOUNT_ROW))
    assert store.between(ALICE) == (80, 4, 4, 2, 10, 30)
    assert store.between(ALICE, 15, 31) == (30, 0, 1, 0, 20, 30)
    assert store.between(BOB) is None
    assert store.switches(ALICE) == (5, 2)
    assert store.switches(99) is None


def test_a_core_is_busy_as_far_as_it_was_told() -> None:
    store = CoreStore()
    store.append(np.array([(0, 0, 1000), (0, 100, 1050), (0, 200, 1150)], CORE_ROW))
    assert store.cores() == [0]
    np.testing.assert_allclose(store.share(0, 0, 100, 3), [0.5, 1.0, np.nan])
    assert store.mean(0, 0, 200) == 0.75
    assert store.mean(1, 0, 200) is None


def test_shared_memory_is_told_as_last_known() -> None:
    store = MemoryStore()
    store.append(np.array([(3, 10, 4096, 0), (3, 30, 8192, 0)], MEMORY_ROW))
    assert (store.pss(3), store.pss(3, 20), store.pss(3, 5), store.pss(4)) == (8192, 4096, None, None)


def times(**states: int) -> np.ndarray:
    found = np.zeros(len(State))
    for name, ns in states.items():
        found[State[name]] = ns
    return found


def sampled(**values: Any) -> Attribution:
    found = Attribution()
    found.take_overhead({"sample_hz": 200.0, "sample_wanted_hz": 200.0, "sample_looks": 400, **values})
    return found


def test_uncertainty_is_that_of_the_number_of_looks() -> None:
    second = 1_000_000_000
    points = sampled().uncertainty(
        times(RUNNING=second, GIL_WAIT=2 * second, IO=second, LOCK_WAIT=second), times(IO=second)
    )
    looks = 200 * 3 + 2
    share = (400 + 1) / looks
    assert points[State.GIL_WAIT] == pytest.approx(60 * 1.96 * math.sqrt(share * (1 - share) / looks))
    assert points[State.IO] == pytest.approx(points[State.GIL_WAIT], rel=0.01)
    assert points[State.LOCK_WAIT] == 0  # recorded
    assert points[State.RUNNING] == pytest.approx(0.08)  # the system's accounts may be a tick old
    more = sampled(sample_hz=20.0).uncertainty(
        times(RUNNING=second, GIL_WAIT=2 * second, IO=second, LOCK_WAIT=second), times(IO=second)
    )
    assert more[State.GIL_WAIT] > 3 * points[State.GIL_WAIT]


def test_few_looks_never_look_certain_and_no_looks_claim_nothing() -> None:
    assert sampled().uncertainty(times(GIL_WAIT=10_000_000), times())[State.GIL_WAIT] > 20
    assert not Attribution().uncertainty(times(GIL_WAIT=10_000_000), times()).any()
    assert not sampled().uncertainty(times(), times()).any()


def test_of_several_lanes_looks_add_up_to_more_certainty_and_ticks_do_not() -> None:
    second = 1_000_000_000
    one = times(RUNNING=second, GIL_WAIT=second, IO=second)
    alone = sampled().uncertainty(one, times(IO=second))
    together = sampled().uncertainty(np.array([one] * 4), np.array([times(IO=second)] * 4))
    assert together[State.GIL_WAIT] == pytest.approx(alone[State.GIL_WAIT] / 2)
    assert together[State.RUNNING] == pytest.approx(alone[State.RUNNING])
    each = sampled().half_widths(np.array([one, times(LOCK_WAIT=second)]), np.array([times(IO=second), times()]))
    assert each[0, State.GIL_WAIT] == pytest.approx(alone[State.GIL_WAIT] / 100 * 3 * second)
    assert not each[1].any()  # recorded, all of it


def test_a_doubt_is_told_where_it_says_something() -> None:
    assert (doubt(0.4), doubt(2.6)) == ("", " ± 3")
    assert (points_in_words(0.0), points_in_words(0.4)) == ("", " (± 0.4 points)")


def test_states_that_cannot_be_told_apart_are_named_so() -> None:
    attribution = sampled()
    attribution.methods = {0: "system_calls", 1: "cpu_time"}
    assert attribution.state_name(State.GIL_WAIT, 0) == "GIL wait"
    assert attribution.state_name(State.GIL_WAIT, 1) == "GIL or core wait"
    assert attribution.state_name(State.IO, 1) == "I/O"


def test_how_it_was_sampled_is_one_sentence() -> None:
    assert sampled(sample_percent=3.4).sentence == "sampled 200 times a second, which cost 3.4 % of a core"
    assert sampled(sample_hz=50.0).sentence == "sampled 50 times a second (200 wanted), which cost 0.0 % of a core"
    assert Attribution().sentence == ""


def test_very_many_spans_are_told_quickly_and_much_the_same() -> None:
    store = GilStore()
    count = 50_000
    rows = np.zeros(count, GIL_ROW)
    rows["gil"], rows["looks"] = GIL, 1
    rows["start"] = np.arange(count) * 10
    rows["end"] = rows["start"] + 10
    rows["holder"] = np.where(np.arange(count) < count // 2, ALICE + 1, BOB + 1)
    for part in np.array_split(rows, 7):
        store.append(part)
    holders, taken = store.columns(GIL, 0, count, 10)
    assert holders.tolist() == [ALICE] * 5 + [BOB] * 5
    assert taken.all()
    spent = store.holders(GIL, 0, count * 10)
    assert spent[ALICE] == pytest.approx(count * 5, rel=0.01)
    assert len(store.spans(GIL, 100, 200)) == 10


def test_only_the_sampled_part_of_what_may_be_recorded_too_is_uncertain() -> None:
    second = 1_000_000_000
    recorded = sampled().uncertainty(times(IO=2 * second), times())
    partly = sampled().uncertainty(times(IO=2 * second), times(IO=second))
    wholly = sampled().uncertainty(times(IO=2 * second, SLEEP=second), times(IO=2 * second, SLEEP=second))
    assert not recorded.any()
    assert 0 < partly[State.IO] < wholly[State.IO]
    assert wholly[State.SLEEP] > 0


def test_sampled_time_is_told_apart_from_recorded_time_at_any_age() -> None:
    store = SampledTime()
    lanes = np.array([3, 3, 5, 3])
    codes = np.array([State.IO | SAMPLED, State.IO, State.WAIT, State.SLEEP | SAMPLED], np.uint8)
    starts, ends = np.array([0, 100, 0, 5_000]) * MS, np.array([100, 300, 400, 60_000]) * MS
    store.append(lanes, starts, ends, codes)
    whole = store.between(np.array([3, 5, 9]), np.zeros(3, np.int64), np.full(3, 70_000 * MS))
    assert whole[0, State.IO] == 100 * MS  # though buckets have doubled since
    assert whole[0, State.SLEEP] == 55_000 * MS
    assert not whole[1:].any()
    part = store.between(np.array([3]), np.array([10_000 * MS]), np.array([20_000 * MS]))
    assert part[0, State.SLEEP] == pytest.approx(10_000 * MS)
    store.append(np.array([5]), np.array([400 * MS]), np.array([500 * MS]), codes[:1])
    assert store.between(np.array([5]), np.array([0]), np.array([70_000 * MS]))[0, State.IO] == 100 * MS
