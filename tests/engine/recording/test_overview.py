"""The overview of a recording: what it shows is what the slices say, and it is found again."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.model.model import Model
from engine.recording import reduction, writer
from engine.recording.overview import append_overview, read_overview
from engine.recording.reader import RecordingReader
from engine.recording.reduction import Reduction
from engine.recording.schema import OPEN_STATE_ROW, STATE_ROW
from engine.recording.synthetic import write_synthetic
from tests.engine.model.reference import ORIGIN, feed, random_stories


def whole_model(path: Path) -> Model:
    with RecordingReader(path) as reader:
        model = Model(reader.header)
        while batch := reader.poll():
            model.take_in(batch)
    return model


@pytest.mark.parametrize("scales", [(1, 1_000, 40_000, 300_000), (1, 3_000, 500_000, 90_000_000), (1, 6_000_000_000)])
@pytest.mark.parametrize("cells", [1 << 19, 400])
def test_buckets_are_those_of_the_pyramid(scales: tuple[int, ...], cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduction, "MOST_CELLS", cells)
    random = np.random.default_rng([cells, *scales])
    for _ in range(5):
        stories = random_stories(random, 6, 200, scales)
        model, watermark = feed(stories, 1, random)
        found = Reduction(ORIGIN)
        for lane, story in enumerate(stories):
            found.define({"type": "lane", "id": lane, "start_ns": ORIGIN + story.start})
            if story.end is not None:
                found.define({"type": "lane-end", "id": lane, "time_ns": ORIGIN + story.end})
        rows = [(lane, ORIGIN + end, code, 0) for lane, story in enumerate(stories) for end, code in story.slices]
        states = np.array(sorted(rows, key=lambda row: row[1]), STATE_ROW)
        for part in np.array_split(states, 3):
            found.add(part, None)
        opened = [
            (lane, ORIGIN + (story.slices[-1][0] if story.slices else story.start), story.open_code, 0)
            for lane, story in enumerate(stories)
            if story.open_code is not None
        ]
        found.add(None, np.array(opened, OPEN_STATE_ROW))
        dominant, worst = found.finish(ORIGIN + watermark)
        if found.bucket_ns < 1 << model.states.pyramid.finest:
            continue
        lanes = np.arange(len(stories))
        expected = model.states.codes(lanes, ORIGIN, float(found.bucket_ns), dominant.shape[1])
        assert (worst == expected[1]).all()
        assert (dominant == expected[0]).all()


def test_a_recording_with_an_overview_is_shown_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.lane"
    write_synthetic(path, lanes=12, slices=20_000, deadlock=True)
    assert read_overview(path) is None
    whole = whole_model(path)
    assert append_overview(path)
    overview = read_overview(path)
    assert overview is not None
    with RecordingReader(path) as reader:
        model = Model(reader.header)
        model.foretell(overview)
        assert [(lane.name, lane.end_ns) for lane in model.lanes] == [(lane.name, lane.end_ns) for lane in whole.lanes]
        assert model.end_ns == whole.end_ns
        assert model.loaded == 0
        lanes = np.arange(12)
        view = (float(model.start_ns), float(overview.bucket_ns), overview.dominant.shape[1])
        expected = whole.states.codes(lanes, *view)[0] & 0x0F
        held, alike = whole.holds.covered(lanes, *view), []
        while True:
            shown = model.states.codes(lanes, *view)[0] & 0x0F
            alike.append(float((shown == expected).mean()))
            assert (model.holds.covered(lanes, *view) <= held).all()  # nothing is made up
            if not (batch := reader.poll(4_000)):
                break
            model.take_in(batch)
        assert min(alike) > 0.99
        assert alike[-1] == 1.0
        assert model.loaded == 1
        assert model.finished
    for now, then in zip(model.states.codes(lanes, *view), whole.states.codes(lanes, *view), strict=True):
        assert (now == then).all()


def test_the_overview_is_found_behind_what_was_added_later_and_never_trusted_when_damaged(tmp_path: Path) -> None:
    path = tmp_path / "some.lane"
    write_synthetic(path, lanes=4, slices=3_000)
    before = path.stat().st_size
    assert append_overview(path)
    size = path.stat().st_size
    later = tmp_path / "later.lane"
    shutil.copy(path, later)
    with later.open("ab") as file:
        file.write(b"x" * 500)
    assert read_overview(later) is not None
    random = np.random.default_rng(1)
    data = path.read_bytes()
    for place in random.integers(before, size, 60).tolist():
        broken = bytearray(data)
        broken[place] ^= 1 << int(random.integers(8))
        later.write_bytes(broken)
        found = read_overview(later)
        assert found is None
    for cut in random.integers(before, size, 20).tolist():
        later.write_bytes(data[:cut])
        assert read_overview(later) is None
    assert read_overview(tmp_path / "nothing") is None
    assert whole_model(path).finished


def test_long_recordings_get_one_when_they_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WORTH_AN_OVERVIEW", 2_000)
    write_synthetic(tmp_path / "short.lane", lanes=4, slices=1_000)
    write_synthetic(tmp_path / "long.lane", lanes=4, slices=3_000)
    write_synthetic(tmp_path / "killed.lane", lanes=4, slices=3_000, finished=False)
    assert [read_overview(tmp_path / f"{name}.lane") is not None for name in ("short", "long", "killed")] == [
        False,
        True,
        False,
    ]
