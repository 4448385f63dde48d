"""Notes on a recording that is complete: appended whole, read by every reader, or refused with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.reading import read_model
from engine.recording.append import CannotAppend, append_texts
from engine.recording.reader import RecordingReader
from engine.recording.synthetic import write_synthetic


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "bank.lane"
    write_synthetic(path, lanes=4, slices=200, group=2)
    return path


def note(number: int, text: str | None) -> dict[str, Any]:
    return {"type": "bookmark", "id": number, "time_ns": 5, "end_ns": None, "lane": 1, "text": text}


def read_whole(path: Path) -> RecordingReader:
    reader = RecordingReader(path)
    while reader.poll():
        pass
    return reader


def test_what_was_appended_is_read_by_those_who_follow_and_by_those_who_come(recording: Path) -> None:
    with read_whole(recording) as reader:
        append_texts(reader, [note(1, "first")])
        assert [text["text"] for text in reader.poll().texts] == ["first"]
        append_texts(reader, [note(2, "second"), note(1, "changed")])
        reader.poll()
        append_texts(reader, [note(2, None)])
        assert reader.poll()
        assert reader.closed
        assert reader.damage is None
        assert reader.at_end
    with RecordingReader(recording) as reader:
        model = read_model(reader)
    assert {number: mark.text for number, mark in model.bookmarks.items()} == {1: "changed"}
    assert model.finished


def test_what_is_not_known_to_be_whole_is_left_alone(recording: Path) -> None:
    content = recording.read_bytes()
    with RecordingReader(recording) as reader, pytest.raises(CannotAppend, match="still to be read"):
        append_texts(reader, [note(1, "too early")])
    recording.write_bytes(content + content[12:60])
    with read_whole(recording) as reader, pytest.raises(CannotAppend, match=r"the end of bank\.lane is damaged"):
        append_texts(reader, [note(1, "behind a torn chunk nobody would find it")])
    assert recording.read_bytes() == content + content[12:60]


def test_a_recording_that_is_being_made_is_left_to_its_maker(tmp_path: Path) -> None:
    path = tmp_path / "live.lane"
    write_synthetic(path, lanes=2, slices=100, group=2, finished=False)
    with read_whole(path) as reader, pytest.raises(CannotAppend, match="being recorded"):
        append_texts(reader, [note(1, "by this very process, in this test")])


def test_a_place_that_cannot_be_written_to_is_named(recording: Path) -> None:
    with read_whole(recording) as reader:
        reader.path = recording.parent / "gone" / "bank.lane"
        with pytest.raises(CannotAppend, match=r"bank\.lane cannot be written to"):
            append_texts(reader, [note(1, "nowhere")])


def test_odd_texts_survive(recording: Path) -> None:
    odd = "line\nbreak, \udc80, \N{SNOWMAN}, " + json.dumps({"a": 1})
    with read_whole(recording) as reader:
        append_texts(reader, [note(7, odd)])
        assert reader.poll().texts[0]["text"] == odd
