"""What is drawn follows from the slices, at every zoom, live as loaded."""

import itertools
import math

import numpy as np
import pytest

from engine.model import dense, pyramid
from engine.model.model import Model
from engine.recording.reader import Batch
from tests.engine.model.reference import ORIGIN, Story, bucket_codes, exact_codes, feed, feed_late, random_stories

SCALES = {
    "tiny": (1, 1, 2, 50),
    "short": (1, 1_000, 40_000, 300_000),
    "mixed": (1, 3_000, 500_000, 90_000_000),
    "long": (1, 20_000, 800_000_000, 6_000_000_000),
    "days": (1, 5_000_000_000, 40_000_000_000_000),
}


def check(model: Model, stories: list[Story], watermark: int, random: np.random.Generator, views: int) -> None:
    finest = model.states.pyramid.finest
    spans = [story.spans(watermark) for story in stories]
    total = max(watermark, 10)
    for view in range(views):
        columns = int(random.integers(1, 60))
        if view % 2:
            width = random.choice([total, total * 1.3, total / 3, total / 50, total / 1000])
        else:
            width = columns * 2.0 ** random.uniform(finest - 3, finest + 6)
        ns_per_column = float(max(width / columns, 0.2))
        if view % 5 == 0:
            ns_per_column = float(2 ** max(0, round(math.log2(ns_per_column))))
        start = float(math.floor(random.uniform(-0.2, 1.0) * total))
        lanes = random.permutation(len(stories))[: int(random.integers(1, len(stories) + 1))]
        if view % 3 == 0:
            lanes = np.arange(len(stories))
        dominant, worst = model.states.codes(lanes, ORIGIN + start, ns_per_column, columns)
        assert dominant.shape == worst.shape == (len(lanes), columns)
        level = math.floor(math.log2(ns_per_column)) if ns_per_column >= 1 else 0
        for row, lane in enumerate(lanes.tolist()):
            if level < finest:
                expected = exact_codes(spans[lane], start, ns_per_column, columns)
            else:
                expected = bucket_codes(spans[lane], level, start, ns_per_column, columns)
            found = list(zip(dominant[row].tolist(), worst[row].tolist(), strict=True))
            assert found == expected, (lane, start, ns_per_column, level, finest)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("parts", [1, pytest.param(7, marks=pytest.mark.full), 60])
def test_codes_follow_from_slices(scale: str, parts: int) -> None:
    random = np.random.default_rng([parts, *scale.encode()])
    for _ in range(3):
        stories = random_stories(random, 6, 120, SCALES[scale])
        model, watermark = feed(stories, parts, random)
        check(model, stories, watermark, random, 16)


def test_codes_follow_when_finest_levels_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid, "SMALLEST_BUDGET", 20_000)
    monkeypatch.setattr(pyramid, "LEAST_BUCKETS", 16)
    random = np.random.default_rng(3)
    for parts in (1, 20, 90):
        stories = random_stories(random, 5, 400, (1, 3_000, 500_000))
        model, watermark = feed(stories, parts, random)
        assert model.states.pyramid.finest > pyramid.FINEST
        check(model, stories, watermark, random, 16)


@pytest.mark.parametrize("haste", [0, pytest.param(1, marks=pytest.mark.full), 8])
@pytest.mark.parametrize("scale", ["short", "mixed", "days"])
def test_codes_follow_while_slices_are_lifted(scale: str, haste: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid, "LIFTED", 10)
    monkeypatch.setattr(pyramid, "PIECE", 5)
    monkeypatch.setattr(pyramid, "HASTE", haste)
    random = np.random.default_rng([haste, *scale.encode()])
    for parts in (40, 150):
        stories = random_stories(random, 6, 150, SCALES[scale])
        model, watermark = feed(stories, parts, random)
        check(model, stories, watermark, random, 16)
        for piece in itertools.count():
            if not model.states.settle():
                break
            if piece % 50 == 0:
                check(model, stories, watermark, random, 2)
        check(model, stories, watermark, random, 8)


@pytest.mark.parametrize(
    "scale", [scale if scale in ("mixed", "long") else pytest.param(scale, marks=pytest.mark.full) for scale in SCALES]
)
def test_codes_follow_from_late_news(scale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes that are defined late, deadlocks found before and after their waits have ended, lifts under way."""
    monkeypatch.setattr(pyramid, "LIFTED", 40)
    monkeypatch.setattr(pyramid, "PIECE", 30)
    for seed in range(3):
        random = np.random.default_rng([seed, *scale.encode()])
        stories = random_stories(random, 6, 200, SCALES[scale])
        model, watermark = feed_late(stories, 50, random, deadlocks=5)
        check(model, stories, watermark, random, 16)
        while model.states.settle():
            pass
        check(model, stories, watermark, random, 8)


@pytest.mark.parametrize("halvings", [1, pytest.param(2, marks=pytest.mark.full), 5])
def test_codes_follow_from_buckets_that_lie_close(halvings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices about as long as the finest buckets, in many small lifts; lanes with long ones among them."""
    monkeypatch.setattr(pyramid, "LIFTED", 300)
    monkeypatch.setattr(dense, "HALVINGS", halvings)
    random = np.random.default_rng(halvings)
    stories = [
        *random_stories(random, 5, 900, (1, 5_000, 9_000)),
        *random_stories(random, 2, 40, (1_000, 2_000_000)),
    ]
    model, watermark = feed(stories, 30, random)
    check(model, stories, watermark, random, 20)
    while model.states.settle():
        pass
    check(model, stories, watermark, random, 20)


@pytest.mark.parametrize("most_put_off", [100, 3_000])
def test_codes_follow_while_they_are_asked_for(most_put_off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lifts that are put off, and need not write what was made ahead of them for a view; deadlocks found afterwards."""
    monkeypatch.setattr(pyramid, "LIFTED", 100)
    monkeypatch.setattr(pyramid, "PIECE", 40)
    monkeypatch.setattr(pyramid, "PIECE_ROWS", 10)
    monkeypatch.setattr(pyramid, "AT_A_TIME", 200)
    monkeypatch.setattr(pyramid, "MOST_PUT_OFF", most_put_off)
    random = np.random.default_rng(most_put_off)
    take_in = Model.take_in

    def and_look(model: Model, batch: Batch) -> None:
        take_in(model, batch)
        for some in (np.arange(len(model.lanes)), np.arange(min(2, len(model.lanes)))):
            span = max(model.known_ns - ORIGIN, 1)
            model.states.codes(some, ORIGIN, span / 2 ** random.integers(1, 12), 64)

    monkeypatch.setattr(Model, "take_in", and_look)
    stories = random_stories(random, 6, 300, SCALES["short"])
    model, watermark = feed_late(stories, 60, random, deadlocks=4)
    check(model, stories, watermark, random, 20)
    while model.states.settle():
        pass
    check(model, stories, watermark, random, 20)


def test_live_equals_bulk() -> None:
    random = np.random.default_rng(11)
    stories = random_stories(random, 8, 300, SCALES["short"])
    whole, watermark = feed(stories, 1, np.random.default_rng(1))
    live, _ = feed(stories, 100, np.random.default_rng(1))
    for model in (whole, live):
        model.states.advance(ORIGIN + watermark + 1_000_000)
    lanes = np.arange(8)
    for ns_per_column in (100.0, 5_000.0, 70_000.0, 1e6):
        for one, other in zip(
            whole.states.codes(lanes, ORIGIN, ns_per_column, 50),
            live.states.codes(lanes, ORIGIN, ns_per_column, 50),
            strict=True,
        ):
            assert (one == other).all()


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100))
def test_codes_follow_from_many_recordings(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    monkeypatch.setattr(pyramid, "SMALLEST_BUDGET", int(random.choice([5_000, 200_000, 24 << 20])))
    monkeypatch.setattr(pyramid, "LEAST_BUCKETS", int(random.choice([16, 4096])))
    monkeypatch.setattr(pyramid, "LIFTED", int(random.choice([1, 30, 4096])))
    monkeypatch.setattr(pyramid, "PIECE", int(random.choice([1, 40, 2048])))
    monkeypatch.setattr(pyramid, "HASTE", float(random.choice([0, 1.15, 8])))
    scales = SCALES[list(SCALES)[seed % len(SCALES)]]
    stories = random_stories(random, int(random.integers(1, 12)), int(random.integers(2, 400)), scales)
    parts = int(random.integers(1, 150))
    if seed % 2:
        model, watermark = feed_late(stories, parts, random, deadlocks=int(random.integers(0, 9)))
    else:
        model, watermark = feed(stories, parts, random)
    check(model, stories, watermark, random, 30)
