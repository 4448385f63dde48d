"""Bookmarks of reader and program in one list, found by time."""

import numpy as np

from engine.model import bookmarks
from engine.model.model import Model
from engine.recording.reader import Batch
from engine.recording.schema import MARK_ROW, Layer
from tests.engine.model.bank import MS, START, bank


def noted() -> Model:
    """Notes at 7 and 20 ms, marks of the program at 3, 9 and 7 ms, in that order."""
    model = bank()
    notes = [
        {
            "type": "bookmark",
            "id": 4,
            "time_ns": START + 20 * MS,
            "end_ns": START + 25 * MS,
            "lane": 1,
            "text": "a\nspan",
        },
        {"type": "bookmark", "id": 2, "time_ns": START + 7 * MS, "end_ns": None, "lane": None, "text": ""},
        {"type": "name", "id": 9, "text": "checkpoint"},
    ]
    marks = np.array([(2, START + 3 * MS, 9), (1, START + 9 * MS, 9), (2, START + 7 * MS, 9)], MARK_ROW)
    model.take_in(Batch(notes, {Layer.MARKS: marks}, START + 100 * MS))
    return model


def test_they_stand_in_one_list_by_time() -> None:
    found = bookmarks.entries(noted())
    assert [(entry.time_ns - START) // MS for entry in found] == [3, 7, 7, 9, 20]
    assert [entry.note for entry in found] == [None, 2, None, None, 4]
    assert found[-1].end_ns == START + 25 * MS


def test_the_next_one_and_the_one_before() -> None:
    model = noted()
    following = bookmarks.beside(model, START + 7 * MS, 1)
    assert following is not None
    assert following.time_ns == START + 9 * MS
    former = bookmarks.beside(model, START + 7 * MS, -1)
    assert former is not None
    assert former.time_ns == START + 3 * MS
    assert bookmarks.beside(model, START + 20 * MS, 1) is None


def test_what_is_near_says_what_it_says_in_one_line() -> None:
    model = noted()
    own, marks = bookmarks.times(model, own=True), bookmarks.times(model, own=False)
    assert (np.diff(marks.times) > 0).all()
    assert bookmarks.near(model, own, marks, START + 7 * MS, MS, 3) == ["bookmark", "checkpoint"]
    assert bookmarks.near(model, own, marks, START + 20 * MS, MS, 3) == ["a span"]
    assert bookmarks.near(model, own, marks, START + 50 * MS, MS, 3) == []
    assert len(bookmarks.near(model, own, marks, START + 7 * MS, 50 * MS, 3)) == 3
