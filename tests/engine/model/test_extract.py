"""Tables of what is selected."""

from engine.model.extract import span_table, whole
from tests.engine.model.bank import MS, START, bank


def test_times_that_were_sampled_are_followed_by_how_much_they_may_be_off() -> None:
    model = bank()
    [heads, exact] = whole(span_table(model, [1], START, START + 100 * MS))
    assert "±" not in "".join(heads)
    model.attribution.take_overhead({"sample_hz": 200.0, "sample_looks": 20})
    [heads, row] = whole(span_table(model, [1], START, START + 100 * MS))
    running = heads.index("running ms")
    assert heads[running + 1] == "running ± ms"
    assert float(row[running + 1]) == 4.0  # a tick
    assert row[running] == exact[[head for head in heads if "±" not in head].index("running ms")]
    assert "lock wait ± ms" not in heads
