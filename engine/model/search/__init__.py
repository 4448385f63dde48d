"""Search in a recording: a query in words, evaluated in steps, its hits found by time.

`query` reads what was typed, `tables` says what of a model it names, `search` does the work piece by piece, `hits` and
`tracks` keep what was found; `completion` offers how to go on typing.
"""

from engine.model.search.completion import Completion, complete
from engine.model.search.hits import NO_LANE, Hit, Hits, Kind
from engine.model.search.query import KEYS, InvalidQuery, Key, Query, parse
from engine.model.search.search import Search

__all__ = [
    "KEYS",
    "NO_LANE",
    "Completion",
    "Hit",
    "Hits",
    "InvalidQuery",
    "Key",
    "Kind",
    "Query",
    "Search",
    "complete",
    "parse",
]
