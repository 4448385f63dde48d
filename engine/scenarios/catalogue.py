"""All scenarios, grouped by idea, in the order in which they teach."""

import re
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path

from engine.scenarios.base import Scenario

GROUPS: dict[str, tuple[str, ...]] = {
    "First threads": ("threads_that_wait", "io_bound"),
    "The GIL": ("cpu_under_gil", "gil_released", "switch_storm"),
    "Locks": ("shared_counter", "shared_counter_locked", "lock_contention", "sharded_state", "convoy"),
    "Queues": ("producer_consumer", "producer_consumer_processes"),
    "Pools and futures": ("pool_map", "executor_map"),
    "Processes and memory": ("five_processes", "separate_memory", "memory_cost"),
    "Errors": ("worker_exception", "worker_crash"),
    "Deadlocks": (
        "two_locks",
        "two_locks_ordered",
        "dining_philosophers",
        "dining_ordered",
        "dining_timeout",
        "relock",
        "relock_rlock",
        "pool_waits_on_itself",
        "pool_for_each_level",
        "undrained_queue",
        "drained_queue",
    ),
    "Patterns": ("readers_writers", "barrier_phases", "semaphore_limited", "straggler"),
}


class UnknownScenario(LookupError):
    """There is no scenario of that name; the message is one line and names close matches."""


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All of them, in order."""
    return tuple(_load(name) for names in GROUPS.values() for name in names)


def groups() -> dict[str, tuple[Scenario, ...]]:
    """Each group's scenarios, groups and scenarios in order."""
    return {group: tuple(_load(name) for name in names) for group, names in GROUPS.items()}


def get(name: str) -> Scenario:
    """The scenario called `name` (`two-locks` will do for `two_locks`). UnknownScenario when there is none."""
    wanted = name.strip().lower().replace("-", "_")
    names = [scenario.name for scenario in scenarios()]
    if wanted in names:
        return _load(wanted)
    near = get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "main.py list shows all of them"
    raise UnknownScenario(f"there is no scenario {name!r}: {hint}")


def search(text: str) -> tuple[Scenario, ...]:
    """Scenarios in which every word of `text` begins a word, the best first; all of them for no words.

    Titles count most, then tags, group and summary. What only mentions the words in its explanation is left out as
    soon as some title has them.
    """
    ranked = [(rank, scenario) for scenario in scenarios() if (rank := _rank(scenario, text)) is not None]
    in_titles = any(rank <= _IN_TITLE for rank, _ in ranked)
    kept = [pair for pair in ranked if not in_titles or pair[0] < _IN_EXPLANATION]
    return tuple(scenario for _, scenario in sorted(kept, key=lambda pair: pair[0]))


def source_path(name: str) -> Path:
    """The file that a learner may read."""
    return Path(__file__).with_name(f"{get(name).name}.py")


def _load(name: str) -> Scenario:
    scenario: Scenario = import_module(f"engine.scenarios.{name}").SCENARIO
    return scenario


_IS_TITLE, _BEGINS_TITLE, _TOGETHER_IN_TITLE, _IN_TITLE, _IN_HEAD, _IN_EXPLANATION = range(6)


def _rank(scenario: Scenario, text: str) -> int | None:
    """How well the words fit, 0 the best; None when some word occurs nowhere."""
    words = _words(text)
    title = _words(scenario.title)
    if title == words or _words(scenario.name) == words:
        return _IS_TITLE
    if title[: len(words)] == words:
        return _BEGINS_TITLE
    if f" {' '.join(words)}" in f" {' '.join(title)}":  # the last one may be half typed
        return _TOGETHER_IN_TITLE
    named = [*title, *_words(scenario.name)]
    head = [*named, *_words(" ".join((*scenario.tags, scenario.group, scenario.summary)))]
    everything = [*head, *_words(" ".join((scenario.explanation, *scenario.look_for)))]
    for rank, there in ((_IN_TITLE, named), (_IN_HEAD, head), (_IN_EXPLANATION, everything)):
        if all(any(candidate.startswith(word) for candidate in there) for word in words):
            return rank
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())
