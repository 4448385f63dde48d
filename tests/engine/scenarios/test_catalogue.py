"""The catalogue: complete, consistent, findable, and worth reading."""

import ast

import pytest

from engine.backends.registry import BACKENDS
from engine.scenarios import catalogue
from engine.scenarios.base import Scenario

SCENARIOS = catalogue.scenarios()
GROUPS = [
    "First threads", "The GIL", "Locks", "Queues", "Pools and futures", "Processes and memory", "Errors", "Deadlocks",
    "Patterns",
]  # fmt: skip


def test_every_scenario_file_is_listed_once() -> None:
    folder = catalogue.source_path("two_locks").parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "base", "catalogue", "custom"}
    assert sorted(files) == sorted(scenario.name for scenario in SCENARIOS)


def test_groups_are_in_order_and_hold_their_scenarios() -> None:
    groups = catalogue.groups()
    assert list(groups) == GROUPS
    for group, scenarios in groups.items():
        assert {scenario.group for scenario in scenarios} == {group}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_a_scenario_states_is_consistent(scenario: Scenario) -> None:
    assert set(scenario.backends) <= set(BACKENDS)
    assert scenario.default_backend in scenario.backends
    assert 1 <= scenario.min_workers <= scenario.default_workers <= scenario.max_workers <= 256
    names = [parameter.name for parameter in scenario.parameters]
    assert len(set(names)) == len(names)
    settings = scenario.settings()
    for parameter in scenario.parameters:
        assert parameter.check(parameter.default) == getattr(settings, parameter.name)
        if parameter.kind in ("int", "float"):
            assert parameter.minimum is not None
            assert parameter.maximum is not None
    if scenario.repaired:
        assert catalogue.get(scenario.repaired).expects == "finish"
    if scenario.expects == "deadlock":
        assert scenario.repaired


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_texts_teach_without_rambling(scenario: Scenario) -> None:
    paragraphs = scenario.explanation.split("\n\n")
    assert 2 <= len(paragraphs) <= 5
    assert all("\n" not in paragraph and 40 <= len(paragraph) <= 900 for paragraph in paragraphs)
    assert 2 <= len(scenario.look_for) <= 5
    assert len(scenario.summary) <= 120
    assert scenario.tags


def test_titles_that_texts_refer_to_exist() -> None:
    titles = {scenario.title for scenario in SCENARIOS}
    referred = {
        "Two locks in the same order", "Two locks in opposite order", "Dining in order", "Dining with patience",
        "Taking an RLock twice", "Taking the same lock twice", "A pool for each level", "A pool that waits on itself",
        "Drain, then join", "Join before draining", "Sharded state", "Lock contention", "Producers and consumers",
        "Shared counter without a lock",
    }  # fmt: skip
    assert referred <= titles
    texts = " ".join(scenario.explanation for scenario in SCENARIOS)
    assert all(f'"{title}"' in texts.replace('."', '"') for title in referred)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_sources_are_short_and_documented(scenario: Scenario) -> None:
    source = catalogue.source_path(scenario.name).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 160
    assert ast.get_docstring(ast.parse(source))


def test_a_scenario_is_found_by_its_name_in_either_spelling() -> None:
    assert catalogue.get("two_locks") is catalogue.get("Two-Locks")


@pytest.mark.parametrize(("name", "hint"), [("two_lock", "two_locks"), ("philosophers", "dining_philosophers")])
def test_an_unknown_name_brings_close_ones(name: str, hint: str) -> None:
    with pytest.raises(catalogue.UnknownScenario, match=f"no scenario '{name}': did you mean .*{hint}"):
        catalogue.get(name)


def test_a_name_like_no_other_brings_the_way_to_the_list() -> None:
    with pytest.raises(catalogue.UnknownScenario, match=r"main\.py list"):
        catalogue.get("zzz")


def test_search_wants_all_words_and_puts_titles_first() -> None:
    assert catalogue.search("") == SCENARIOS
    assert catalogue.search("philosophers timeout")[0].name == "dining_timeout"
    assert catalogue.search("counter with a")[0].name == "shared_counter_locked"
    assert catalogue.search("counter with")[0].name == "shared_counter"
    deadlocks = [scenario.name for scenario in catalogue.search("deadlock")]
    assert deadlocks.index("pool_waits_on_itself") < deadlocks.index("five_processes")
    assert {"two_locks", "relock", "pool_waits_on_itself"} <= set(deadlocks)
    assert catalogue.search("deadlock zebra") == ()
