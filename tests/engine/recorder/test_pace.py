"""How often threads are looked at, with costs made up."""

from engine.recorder.sampling.pace import MAX_SHARE, Pace

MS = 1_000_000


def pace(wanted_hz: float | None = 200) -> Pace:
    return Pace(wanted_hz, lambda low, high: (low + high) / 2)


def test_looks_are_due_at_the_wanted_rate_while_they_are_cheap() -> None:
    looked = pace()
    looked.looked(0, MS // 10)
    assert looked.due_ns == 5 * MS


def test_looks_that_cost_much_become_rarer_and_that_is_said_once() -> None:
    looked = pace()
    cost_ns = 2 * MS
    notes = []
    for number in range(100):
        looked.looked(number * 40 * MS, cost_ns)
        notes.append(looked.note(500))
    assert looked.due_ns - 99 * 40 * MS == int(cost_ns / MAX_SHARE)
    assert [note for note in notes if note] == [
        "With 500 threads that run at once, they are looked at about 25 times a second instead of 200:"
        " more would cost over 5 % of a core."
    ]


def test_a_moment_of_dear_looks_is_not_worth_a_note_nor_is_nobody_running() -> None:
    looked = pace()
    for number in range(10):
        looked.looked(number * 40 * MS, 2 * MS)
    for number in range(10, 100):
        looked.looked(number * 5 * MS, MS // 100)
        assert looked.note(3) is None
    for number in range(100, 200):
        looked.looked(number * 40 * MS, 2 * MS)
        assert looked.note(0) is None
    assert (looked.note(1) or "").startswith("With one thread that runs, it is looked at about 25 times a second")


def test_looks_cost_less_where_the_rest_of_the_recorder_leaves_less() -> None:
    looked = pace()
    looked.leave(0.03)
    looked.looked(0, 3 * MS)
    assert looked.due_ns == 100 * MS
    looked.leave(-1)  # however dear the rest is
    looked.looked(0, 3 * MS)
    assert looked.due_ns == 200 * MS
    looked.leave(1)
    looked.looked(0, 3 * MS)
    assert looked.due_ns == int(3 * MS / MAX_SHARE)


def test_the_rate_told_is_the_one_that_was_reached_and_leaves_out_when_nobody_ran() -> None:
    looked = pace()
    for number in range(50):
        looked.looked(number * 10 * MS, MS // 10)
    for number in range(50):
        looked.looked(10_000 * MS + number * 10 * MS, MS // 10)
    assert round(looked.rate_hz) == 100


def test_rates_that_make_no_sense_are_brought_into_bounds() -> None:
    assert pace(1e9).wanted_hz == 1000
    assert pace(0.01).wanted_hz == 1
    assert pace(None).wanted_hz == 200
