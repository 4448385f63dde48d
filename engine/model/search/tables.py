"""What of a model a query names: truth values by code, detail, task name and lane, looked up instead of read again.

Details and names only ever grow in number, so the tables grow along; renaming asks for new ones (`Model.renamed`).
"""

import os
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from engine.model.columns import grown
from engine.model.entities import Primitive, Site
from engine.model.model import Model
from engine.model.search.query import Key, Query, Term
from engine.model.search.states import codes_of

Named = TypeVar("Named")
LEARNED_AT_ONCE = 500


class StateGroup:
    """Alternatives for a state slice: it fits when its code or its detail does. With `negative`, it must not."""

    def __init__(self, terms: Iterable[Term], *, negative: bool) -> None:
        self.negative = negative
        self._terms = list(terms)
        self.codes = np.zeros(256, bool)
        self.details = np.zeros(0, bool)
        self._known = 0
        for term in self._terms:
            if term.key in (Key.STATE, Key.WORD):
                self.codes |= codes_of(term.value)

    def learn(self, model: Model) -> bool:
        """Takes in some of the details that have come since; False when there were none."""
        if self._known == len(model.details):
            return False
        numbers = list(islice(model.details, self._known, self._known + LEARNED_AT_ONCE))
        self._known += len(numbers)
        self.details = grown(self.details, max(numbers) + 1)
        for number in numbers:
            self.details[number] = any(self._fits(term, model, number) for term in self._terms)
        return True

    def fits(self, codes: np.ndarray, details: np.ndarray) -> np.ndarray:
        """Which of these slices: bool."""
        found = self.codes[codes]
        if self.details.any():
            found = found | self.details.take(details, mode="clip")
        return np.asarray(~found if self.negative else found)

    @staticmethod
    def _fits(term: Term, model: Model, number: int) -> bool:
        if term.key is Key.STATE:
            return False
        primitive, site = model.detail(number)
        if term.key in (Key.LOCK, Key.WORD) and primitive is not None and primitive_fits(primitive, term.value):
            return True
        return term.key in (Key.LINE, Key.WORD) and any(site_fits(each, term.value) for each in model.stack(site))


class Table(Generic[Named]):
    """Which of the numbered things fit."""

    def __init__(self, terms: list[Term], refused: list[Term]) -> None:
        self._terms, self._refused = terms, refused
        self._fits = np.zeros(0, bool)
        self._known = 0

    def learn(self, named: Mapping[int, Named]) -> bool:
        """Takes in some of the things that have come since; False when there were none."""
        if self._known == len(named):
            return False
        numbers = list(islice(named, self._known, self._known + LEARNED_AT_ONCE))
        self._known += len(numbers)
        self._fits = grown(self._fits, max(numbers) + 1)
        for number in numbers:
            self._fits[number] = self.admits(named[number])
        return True

    def admits(self, thing: Named) -> bool:
        """Whether this thing fits."""
        raise NotImplementedError

    def fits(self, numbers: np.ndarray) -> np.ndarray:
        """Which of these numbers: bool."""
        if not len(self._fits):
            return np.zeros(len(numbers), bool)
        found: np.ndarray = self._fits.take(numbers, mode="clip") & (numbers < len(self._fits))
        return found


class TextTable(Table[str]):
    """Of texts: names of tasks, marks. All of them where nothing particular is wanted."""

    def admits(self, thing: str) -> bool:
        """Whether this text fits."""
        text = thing.casefold()
        wanted = not self._terms or any(term.value in text for term in self._terms)
        return wanted and not any(term.value in text for term in self._refused)


class LockTable(Table[Primitive]):
    """Of primitives that are held."""

    def admits(self, thing: Primitive) -> bool:
        """Whether this primitive fits."""
        wanted = any(primitive_fits(thing, term.value) for term in self._terms)
        return wanted and not any(primitive_fits(thing, term.value) for term in self._refused)


def state_groups(query: Query) -> list[StateGroup]:
    """What must hold for a state slice: one group per key, and one for each term with `-`."""
    groups = [
        StateGroup(terms, negative=False)
        for key in (Key.STATE, Key.LOCK, Key.LINE, Key.WORD)
        if (terms := query.of(key))
    ]
    refused = query.of(Key.STATE, Key.LOCK, Key.LINE, Key.WORD, negative=True)
    return groups + [StateGroup([term], negative=True) for term in refused]


def lane_admitted(model: Model, query: Query, lane: int) -> bool:
    """Whether the terms for threads and processes admit a lane."""
    item = model.lanes[lane]
    process = model.processes[item.process]
    of = {
        Key.THREAD: (item.name.casefold(), model.lane_name(lane).casefold()),
        Key.PROCESS: (process.name.casefold(), str(process.pid)),
    }
    for key, texts in of.items():
        wanted, refused = query.of(key), query.of(key, negative=True)
        if wanted and not _any(texts, wanted, exact=key is Key.PROCESS):
            return False
        if _any(texts, refused, exact=key is Key.PROCESS):
            return False
    return True


def lane_named(model: Model, query: Query, lane: int) -> bool:
    """Whether a word of the query stands in the lane's name, and no refused one does."""
    texts = (model.lanes[lane].name.casefold(), model.lane_name(lane).casefold())
    words, refused = query.of(Key.WORD), query.of(Key.WORD, negative=True)
    return (not words or _any(texts, words)) and not _any(texts, refused)


def primitive_fits(primitive: Primitive, value: str) -> bool:
    """`accounts`, `lock accounts`, `bank.py:12`."""
    return value in primitive.label.casefold()


def site_fits(site: Site, value: str) -> bool:
    """A line (`40`, `bank.py:40`) fits exactly, a part of the path or of the function's name anywhere."""
    if value.isdigit():
        return site.line == int(value)
    file, _, line = value.rpartition(":")
    path = site.file.casefold().replace(os.sep, "/")
    if file and line.isdigit():
        return site.line == int(line) and f"/{path}".endswith(file if file.startswith("/") else f"/{file}")
    return value in path or value in site.function.casefold()


def _any(texts: Iterable[str], terms: Iterable[Term], *, exact: bool = False) -> bool:
    """Whether a term stands in one of the texts; `exact`: numbers must be the whole of it."""
    return any(
        term.value == text if exact and term.value.isdigit() else term.value in text for text in texts for term in terms
    )
