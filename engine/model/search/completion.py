"""How a query may go on: keys with what they are for, values that occur in the model."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from engine.model.model import Model
from engine.model.search.query import ALIASES, KEYS, Key, pieces, split_key
from engine.model.search.states import STATE_WORDS

MOST = 30
LOOKED_AT = 4_000  # names of tasks, details: enough to offer some, few enough for a keystroke


class Completion(NamedTuple):
    """One way to go on: replaces text[start:end] by `text`; `explanation` says what it is."""

    text: str
    explanation: str
    start: int
    end: int


def complete(text: str, cursor: int, model: Model | None) -> list[Completion]:
    """Ways to finish the term in which the cursor stands, those that begin like what is typed first."""
    piece = next((each for each in pieces(text) if cursor <= each.end), None)
    if piece is None or cursor < piece.start:
        start = end = cursor
        typed = ""
    else:
        start, end, typed = piece.start, piece.end, text[piece.start : cursor]
    negative, word, value = split_key(typed)
    sign = "-" if negative or typed == "-" else ""
    if word is None:
        typed_key = typed.removeprefix("-").casefold()
        return [
            Completion(f"{sign}{key.value}:", f"{what}   {example}", start, end)
            for key, (what, example) in KEYS.items()
            if key.value.startswith(typed_key) and not (sign and key in (Key.LONGER, Key.SHORTER))
        ]
    key = ALIASES.get(word)
    if key is None:
        return []
    found = [Completion(f"{sign}{word}:{_quoted(each)}", what, start, end) for each, what in _values(key, model, value)]
    return [] if [each.text for each in found] == [text[start:end]] else found


def _values(key: Key, model: Model | None, typed: str) -> list[tuple[str, str]]:
    """Values of a key that contain what is typed, each with what it is."""
    typed = typed.strip('"').casefold()
    offered: dict[str, str] = {}
    for value, what in _all_values(key, model):
        if typed in value.casefold() and value not in offered:
            offered[value] = what
    ordered = sorted(offered.items(), key=lambda item: not item[0].casefold().startswith(typed))
    return ordered[:MOST]


def _all_values(key: Key, model: Model | None) -> Iterable[tuple[str, str]]:
    if key is Key.STATE:
        return [(word, "") for word in STATE_WORDS]
    if key in (Key.LONGER, Key.SHORTER):
        return [(value, "") for value in ("100us", "1ms", "5ms", "10ms", "100ms", "1s")]
    return _VALUES[key](model) if model is not None else []


def _primitives(model: Model) -> Iterable[tuple[str, str]]:
    for each in islice(model.primitives.values(), LOOKED_AT):
        if (each.name or each.place) and not each.internal:
            yield each.name or each.place, each.label


def _processes(model: Model) -> Iterable[tuple[str, str]]:
    for each in model.processes:
        yield each.name, f"pid {each.pid}"
        yield str(each.pid), each.name


def _names(model: Model) -> Iterable[tuple[str, str]]:
    return ((name, "") for name in islice(model.names.values(), LOOKED_AT))


def _lines(model: Model) -> Iterable[tuple[str, str]]:
    for _, site in islice(model.details.values(), LOOKED_AT):
        place = model.site(site) if site else None
        if place is not None:
            yield place.label, place.function
            if place.function:
                yield place.function, place.label


_VALUES: dict[Key, Callable[[Model], Iterable[tuple[str, str]]]] = {
    Key.LOCK: _primitives,
    Key.HOLD: _primitives,
    Key.THREAD: lambda model: ((model.lane_name(lane.id), "") for lane in model.lanes),
    Key.PROCESS: _processes,
    Key.LINE: _lines,
    Key.TASK: _names,
    Key.MARK: lambda model: [*((note.text, "") for note in model.bookmarks.values()), *_names(model)],
}


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value
