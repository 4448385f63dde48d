"""Search: what a query means, and that finding in steps finds exactly what a plain loop over everything finds."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from engine.model.entities import Slice
from engine.model.model import Model
from engine.model.search import NO_LANE, InvalidQuery, Kind, Search, complete, parse
from engine.recording.reader import Batch
from engine.recording.schema import DEADLOCKED, MARK_ROW, SAMPLED, Layer, State
from engine.recording.synthetic import Synthetic, commits, header
from tests.engine.model.bank import MS, START, bank

FOREVER = (1 << 62) - 1
Found = set[tuple[Kind, int, int, int]]


def synthetic(**choices: Any) -> Model:
    made = Synthetic(**choices)
    model = Model(header(made))
    for batch in commits(made):
        model.take_in(batch)
    return model


def search(model: Model, text: str, rows: int = 1 << 40) -> Search:
    made = Search(model, parse(text))
    while made.advance(rows):
        pass
    return made


def found(made: Search) -> Found:
    return {
        (kind, lane, *track.span(number))
        for (kind, lane), track in made.hits.tracks.items()
        for number in range(len(track))
    }


def all_slices(model: Model) -> Iterator[Slice]:
    for lane in model.lanes:
        item = model.states.slice_at(lane.id, lane.start_ns)
        while item is not None:
            yield item
            item = model.states.next_slice(lane.id, item.start_ns)


def states(model: Model, fits: Callable[[Slice], bool]) -> Found:
    """The plain way: every slice, one by one."""
    return {(Kind.STATE, s.lane, s.start_ns, s.end_ns) for s in all_slices(model) if fits(s)}


def lock_name(model: Model, item: Slice) -> str:
    primitive = model.detail(item.detail)[0]
    return primitive.label if primitive else ""


def tasks_around(model: Model, item: Slice, name: str) -> bool:
    return any(name in model.names[task.name] for task in model.tasks.of_lane(item.lane, item.start_ns, item.end_ns))


def holds_around(model: Model, item: Slice, name: str) -> bool:
    held = model.holds.of_lane(item.lane, item.start_ns, item.end_ns)
    return any(
        name in model.primitives[h.primitive].label and h.start_ns < item.end_ns and h.end_ns > item.start_ns
        for h in held
    )


PLAIN: dict[str, Callable[[Model, Slice], bool]] = {
    "state:lock wait": lambda _m, s: s.state is State.LOCK_WAIT,
    "state:running, state:sleep": lambda _m, s: s.state in (State.RUNNING, State.SLEEP),
    "state:sampled": lambda _m, s: bool(s.code & SAMPLED),
    "lock:accounts": lambda m, s: "accounts" in lock_name(m, s),
    "lock:accounts, longer:300us": lambda m, s: "accounts" in lock_name(m, s) and s.duration_ns >= 300_000,
    "shorter:20us, -state:running": lambda _m, s: s.duration_ns <= 20_000 and s.state is not State.RUNNING,
    "longer:1ms, shorter:2ms, -lock:audit, -state:sleep": lambda m, s: (
        1_000_000 <= s.duration_ns <= 2_000_000 and "audit" not in lock_name(m, s) and s.state is not State.SLEEP
    ),
    "thread:2, state:io": lambda m, s: "2" in m.lane_name(s.lane) and s.state is State.IO,
    "-thread:2, state:i/o": lambda m, s: "2" not in m.lane_name(s.lane) and s.state is State.IO,
    "task:a, state:sleep": lambda m, s: s.state is State.SLEEP and tasks_around(m, s, "a"),
    "hold:audit, state:running": lambda m, s: s.state is State.RUNNING and holds_around(m, s, "audit"),
    "state:running, -hold:audit": lambda m, s: s.state is State.RUNNING and not holds_around(m, s, "audit"),
}


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("seed", [1, 2])
def test_hits_are_those_of_a_plain_loop(text: str, seed: int) -> None:
    model = synthetic(lanes=9, slices=900, seed=seed, group=3, finished=seed == 1)
    expected = states(model, lambda item: PLAIN[text](model, item))
    assert found(search(model, text)) == expected
    assert found(search(model, text, rows=random.Random(seed).randrange(1, 6000))) == expected


def test_a_growing_recording_ends_with_the_same_hits() -> None:
    made = Synthetic(lanes=6, slices=3000, group=3)
    whole, growing = synthetic(lanes=6, slices=3000, group=3), Model(header(made))
    searches: dict[str, Search] = {}
    for batch in commits(made, commit_ns=2_000_000):
        growing.take_in(batch)
        for text in (*PLAIN, "index", "hold:cache", "task:b", "thread:2"):
            if text not in searches or searches[text].outdated:
                searches[text] = Search(growing, parse(text))
            searches[text].advance(10_000_000)
    for text, grown in searches.items():
        assert found(grown) == found(search(whole, text)), text


def test_tasks_holds_lanes_and_marks_are_hits_themselves() -> None:
    model = bank()
    model.take_in(
        Batch(
            [
                {"type": "name", "id": 9, "text": "Checkpoint one"},
                {"type": "bookmark", "id": 1, "time_ns": START + 7 * MS, "text": "look here", "lane": None},
                {"type": "bookmark", "id": 2, "time_ns": START + 8 * MS, "text": "gone", "lane": 1},
                {"type": "bookmark", "id": 2, "time_ns": START + 8 * MS, "text": None, "lane": 1},
            ],
            {Layer.MARKS: np.array([(2, START + 3 * MS, 9)], MARK_ROW)},
            START + 100 * MS,
        )
    )
    name = model.names[1]
    assert found(search(model, f"task:{name}")) == {(Kind.TASK, 2, START + MS, START + 25 * MS)}
    assert found(search(model, f"task:{name}, longer:1s")) == set()
    assert {(kind, lane) for kind, lane, _, _ in found(search(model, "hold:accounts"))} == {
        (Kind.HOLD, 1),
        (Kind.HOLD, 2),
    }
    assert len(search(model, "hold:accounts").hits) == 3  # one of them goes on
    assert found(search(model, "thread:worker-2")) == {(Kind.LANE, 2, model.lanes[2].start_ns, START + 100 * MS)}
    assert found(search(model, "mark:checkpoint")) == {(Kind.MARK, 2, START + 3 * MS, START + 3 * MS)}
    assert found(search(model, "mark:look")) == {(Kind.MARK, NO_LANE, START + 7 * MS, START + 7 * MS)}
    assert {kind for kind, *_ in found(search(model, "worker-2"))} == {Kind.LANE}
    assert {kind for kind, *_ in found(search(model, "accounts"))} >= {Kind.STATE}


def test_lines_are_found_by_file_number_function() -> None:
    model = bank()
    wait = next(item for item in all_slices(model) if item.state is State.LOCK_WAIT)
    site = model.site(model.detail(wait.detail)[1])
    assert site is not None
    for text in (site.label, str(site.line), site.function, site.file):
        assert (Kind.STATE, wait.lane, wait.start_ns, wait.end_ns) in found(search(model, f"line:{text}")), text
    assert found(search(model, f"line:{site.label}0")) == set()
    assert found(search(model, site.label)) >= found(search(model, f"line:{site.label}"))


def test_open_deadlocked_waits_are_hits() -> None:
    model = synthetic(lanes=4, slices=400, group=2, deadlock=True)
    stuck = states(model, lambda item: bool(item.code & DEADLOCKED))
    assert len(stuck) == 2
    assert found(search(model, "state:deadlocked")) == stuck


def test_renaming_outdates_a_search() -> None:
    model = bank()
    made = search(model, "lock:vault")
    assert len(made.hits) == 0
    model.take_in(Batch([{"type": "primitive-name", "id": 1, "name": "vault"}], {}, START + 101 * MS))
    assert made.outdated
    assert len(search(model, "lock:vault").hits) == len(search(bank(), "lock:accounts").hits)


def test_hits_are_stepped_through_in_order_both_ways() -> None:
    model = synthetic(lanes=8, slices=800, group=4)
    hits = search(model, "lock:accounts").hits
    forward = [hit := hits.first()]
    while hit := hits.after(hit):
        forward.append(hit)
    assert len(forward) == len(hits)
    assert [(hit.start_ns, hit.lane) for hit in forward] == sorted((hit.start_ns, hit.lane) for hit in forward)
    assert [hits.ordinal(hit) for hit in forward] == list(range(1, len(hits) + 1))
    backward = [hit := hits.last()]
    while hit := hits.before(hit):
        backward.append(hit)
    assert backward == forward[::-1]
    middle = forward[len(forward) // 2]
    assert hits.after(None, middle.start_ns - 0.5).start_ns == middle.start_ns


@pytest.mark.parametrize("text", ["state:lock wait", "hold:accounts, longer:1ms", "task:a", "shorter:1us"])
def test_columns_are_those_that_hits_touch(text: str) -> None:
    model = synthetic(lanes=6, slices=2000, group=3, mean_slice_ns=50_000)
    hits = search(model, text).hits
    dice = random.Random(5)
    spans = [(kind, *rest) for kind, *rest in found(search(model, text))]
    for _ in range(30):
        length = model.end_ns - model.start_ns
        start = model.start_ns + dice.random() * length
        step = length * 10 ** dice.uniform(-6, -2)
        for lane in range(6):
            touched = hits.columns(lane, start, step, 64)
            mine = [(first, last) for _, at, first, last in spans if at == lane]
            for column in range(64):
                left, right = start + column * step, start + (column + 1) * step
                surely = any(first < right - 1 and last > left + 1 for first, last in mine)
                maybe = any(first < right + 1 and last > left - 1 for first, last in mine)
                assert not surely or (touched is not None and touched[column])
                assert maybe or touched is None or not touched[column]


def test_places_for_the_overview_stay_few() -> None:
    model = synthetic(lanes=4, slices=20_000, group=2)
    times = search(model, "state:running").hits.times()
    assert 100 < len(times) <= 2100
    assert model.start_ns <= times.min()
    assert times.max() <= model.end_ns + (1 << 30)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("speed:3", "speed: is no key"),
        ("stat:running", "did you mean state:?"),
        ("state:", "state: needs a value"),
        ("state:dancing", "is no state. States are running"),
        ("longer:5", "needs a unit"),
        ("longer:soon", "is no duration"),
        ("longer:5ms -thread:main", "Commas go between: longer:5ms, -thread:main"),
        ("-longer:5ms", "shorter: without the -"),
        ("-", "nothing after the -"),
    ],
)
def test_errors_are_one_plain_line(text: str, complaint: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_quotes_hold_commas_together_and_spaces_do_not_matter() -> None:
    assert [term.value for term in parse(' "a, b" ,c,, ').terms] == ["a, b", "c"]
    assert parse('task:"load, parse"').terms[0].value == "load, parse"
    assert not parse(" , ")
    assert parse("bank.py:40").terms[0].value == "bank.py:40"
    assert parse("longer: 1.5 ms").terms[0].ns == 1_500_000


def test_completion_offers_keys_then_values_of_the_recording() -> None:
    model = bank()
    assert "state:" in [each.text for each in complete("", 0, model)]
    assert [each.text for each in complete("state:running, lo", 17, model)] == ["lock:", "longer:"]
    (offered, *_) = complete("lock:acc", 8, model)
    assert (offered.text, offered.start, offered.end) == ("lock:accounts", 0, 8)
    assert [each.text for each in complete("x, -state:gil", 13, model)] == ["-state:GIL wait"]
    assert complete("lock:acc", 8, None) == []
    assert "thread:worker-1" in [each.text for each in complete("thread:", 7, model)]
