"""What is typed into the search: comma-separated terms, each `value`, `key:value` or `-key:value`.

Terms of one key are alternatives, those of different keys must all hold, and nothing that a term with `-` names is a
hit. A value in double quotes may hold commas and colons.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from engine.model.search.states import STATE_WORDS, codes_of


class Key(Enum):
    """What a term speaks of."""

    WORD = ""
    STATE = "state"
    LOCK = "lock"
    LINE = "line"
    TASK = "task"
    HOLD = "hold"
    THREAD = "thread"
    PROCESS = "process"
    MARK = "mark"
    LONGER = "longer"
    SHORTER = "shorter"


# What each key is for, and an example: shown while typing.
KEYS = {
    Key.STATE: ("what a lane does", "state:lock wait"),
    Key.LOCK: ("the primitive that is waited for", "lock:accounts"),
    Key.LINE: ("the source line or function of a wait", "line:bank.py:40"),
    Key.TASK: ("tasks, or what happens in them", "task:parse"),
    Key.HOLD: ("holds of a lock, or what happens meanwhile", "hold:accounts"),
    Key.THREAD: ("the lane's name", "thread:worker-1"),
    Key.PROCESS: ("the process's name or pid", "process:4711"),
    Key.MARK: ("bookmarks and notes", "mark:checkpoint"),
    Key.LONGER: ("at least this long", "longer:5ms"),
    Key.SHORTER: ("at most this long", "shorter:100us"),
}
ALIASES = {
    "lane": Key.THREAD,
    "primitive": Key.LOCK,
    "source": Key.LINE,
    "bookmark": Key.MARK,
    "note": Key.MARK,
    **{key.value: key for key in KEYS},
}
_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zµμ]*)")
_KEY = re.compile(r"[A-Za-z]+")


class InvalidQuery(ValueError):
    """What is wrong with a query: one plain line."""


@dataclass(frozen=True)
class Term:
    """One term; `value` is casefolded, `ns` the duration of LONGER and SHORTER."""

    key: Key
    value: str
    negative: bool = False
    ns: int = 0


@dataclass(frozen=True)
class Query:
    """The terms, in the order in which they were typed."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def of(self, *keys: Key, negative: bool = False) -> list[Term]:
        """The terms of these keys."""
        return [term for term in self.terms if term.key in keys and term.negative is negative]

    def has(self, *keys: Key) -> bool:
        """Whether one of these keys is asked for."""
        return bool(self.of(*keys))


@dataclass(frozen=True)
class Piece:
    """A term as it stands in the text, from `start` to `end`, without the spaces around it."""

    text: str
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """The parts between commas, empty ones included; commas within double quotes part nothing."""
    start, quoted = 0, False
    for place, letter in enumerate(text + ","):
        if letter == '"':
            quoted = not quoted
        if (letter == "," and not quoted) or place == len(text):
            part = text[start:place]
            left = start + len(part) - len(part.lstrip())
            yield Piece(part.strip(), left, left + len(part.strip()))
            start = place + 1


def parse(text: str) -> Query:
    """Reads a query; nothing but spaces and commas is an empty one. InvalidQuery."""
    return Query(tuple(_term(piece.text) for piece in pieces(text) if piece.text))


def split_key(text: str) -> tuple[bool, str | None, str]:
    """Whether a term begins with `-`, the word before its colon (None: it has no key), and the rest.

    A word that cannot be a key belongs to the value: `bank.py:40`.
    """
    negative = text.startswith("-") and len(text) > 1
    body = text[1:] if negative else text
    word, colon, rest = body.partition(":")
    if colon and _KEY.fullmatch(word.strip()):
        return negative, word.strip().casefold(), rest.strip()
    return negative, None, body.strip()


def _term(text: str) -> Term:
    negative, word, value = split_key(text)
    value = value.strip('"').strip().casefold()
    if word is None:
        if not value or value == "-":
            raise InvalidQuery("There is nothing after the - : say what to leave out, such as -state:running.")
        return Term(Key.WORD, value, negative)
    key = ALIASES.get(word)
    if key is None:
        close = difflib.get_close_matches(word, ALIASES, 1)
        meant = f"; did you mean {close[0]}:?" if close else f". Keys are {', '.join(each.value for each in KEYS)}."
        raise InvalidQuery(f"{word}: is no key{meant}")
    if not value:
        raise InvalidQuery(f"{word}: needs a value, such as {KEYS[key][1]}.")
    if key is Key.STATE and not codes_of(value).any():
        raise InvalidQuery(f"“{value}” is no state. States are {', '.join(STATE_WORDS)}.")
    if key in (Key.LONGER, Key.SHORTER):
        if negative:
            raise InvalidQuery(f"-{word}: says the same as {_opposite(key)}: without the -.")
        return Term(key, value, ns=_duration(word, value))
    return Term(key, value, negative)


def _opposite(key: Key) -> str:
    other = Key.SHORTER if key is Key.LONGER else Key.LONGER
    return str(other.value)


def _duration(word: str, value: str) -> int:
    found = _DURATION.fullmatch(value)
    if found is None:
        first, _, rest = value.partition(" ")
        if rest and _DURATION.fullmatch(first):
            raise InvalidQuery(f"Commas go between: {word}:{first}, {rest.strip()}")
        raise InvalidQuery(f"“{value}” is no duration; write {word}:5ms, with ns, us, ms, s or min.")
    number, unit = found.groups()
    if unit not in _UNITS:
        raise InvalidQuery(f"{word}:{number} needs a unit: ns, us, ms, s or min, such as {word}:{number}ms.")
    return round(float(number) * _UNITS[unit])
