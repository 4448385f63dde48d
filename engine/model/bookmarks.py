"""All bookmarks of a recording in one list: the reader's notes, and the marks that the program has set."""

from typing import NamedTuple

import numpy as np

from engine.model.model import Model

MOST_MARKS = 5_000  # of the program, in the list


class Entry(NamedTuple):
    """One bookmark. `note` is its id when it is the reader's own (it can be changed then), None for the program's."""

    time_ns: int
    end_ns: int
    lane: int | None
    text: str
    note: int | None


def entries(model: Model) -> list[Entry]:
    """By time; of the program's marks the first MOST_MARKS."""
    own = [Entry(each.time_ns, each.end_ns, each.lane, each.text, each.id) for each in model.bookmarks.values()]
    marks = [
        Entry(time, time, lane, model.names.get(text, ""), None)
        for lane, time, text in model.marks[:MOST_MARKS].tolist()
    ]
    return sorted(own + marks, key=lambda entry: (entry.time_ns, entry.note is None))


def beside(model: Model, time_ns: float, direction: int) -> Entry | None:
    """The next (+1) or previous (-1) bookmark from a time on, of all there are; the one at that time is left out."""
    found = [entry for entry in entries(model) if (entry.time_ns - time_ns) * direction > 0]
    return (found[0] if direction > 0 else found[-1]) if found else None


class Times(NamedTuple):
    """When bookmarks are (int64, ns, in order) and which of the model's each is: its place among marks, or its id."""

    times: np.ndarray
    which: np.ndarray


def times(model: Model, *, own: bool) -> Times:
    """The reader's bookmarks, or all of the program's."""
    if own:
        found = np.array([each.time_ns for each in model.bookmarks.values()], np.int64)
        which = np.array(list(model.bookmarks), np.int64)
    else:
        found, which = model.marks["time"].astype(np.int64), np.arange(len(model.marks))
    order = np.argsort(found, kind="stable")  # of what is nearly in order: quick
    return Times(found[order], which[order])


def near(model: Model, own: Times, marks: Times, time_ns: float, reach_ns: float, most: int) -> list[str]:
    """What the bookmarks say that are not farther from a time: the reader's first, `most` in all."""
    texts = []
    for every, mine in ((own, True), (marks, False)):
        first, last = every.times.searchsorted(np.array([time_ns - reach_ns, time_ns + reach_ns]).astype(np.int64))
        for number in every.which[first : min(last, first + most)].tolist():
            text = model.bookmarks[number].text if mine else model.names.get(int(model.marks["text"][number]), "")
            texts.append(" ".join(text.split()) or "bookmark")
    return texts[:most]
