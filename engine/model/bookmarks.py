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


def times(model: Model, *, own: bool) -> np.ndarray:
    """When the bookmarks are, in order: int64, ns. The reader's, or all of the program's."""
    if own:
        return np.array(sorted(each.time_ns for each in model.bookmarks.values()), np.int64)
    return np.sort(model.marks["time"].astype(np.int64))
