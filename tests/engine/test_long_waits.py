"""Waits that may yet end: while they last they are told of with the reason, at the end of the run nothing is wrong."""

from pathlib import Path
from typing import Any

import pytest

from engine.analysis.findings import find_all, verdict
from engine.model.model import Model
from engine.recording.reader import RecordingReader
from tests.engine.corpus import programs
from tests.engine.corpus_runs import Case, run

# Of whom, what holds them up, and why it is no deadlock; nothing: no long wait.
LONG_WAITS = {
    "abandoned_but_released": ("second", "", "others that go on may still do it"),
    "given_up_at_last": ("credit and debit", "", "credit waits with a timeout"),
    "approved_in_vain": ("credit and debit", "debit holds accounts", "debit waits with a timeout"),
    "approved_later": (
        "credit and debit", "debit holds accounts", "approve can still go on and may end the wait of debit",
    ),
    "released_for_it": (
        "deposit", "waits for it itself", "release can still go on and may end the wait of deposit",
    ),
    "acquired_twice_beside": (
        "deposit", "waits for it itself", "MainThread can still go on and may end the wait of deposit",
    ),
    "alarm_at_last": (
        "MainThread and worker", "", "a timer is set, and a handler may end the wait of MainThread",
    ),
    "interrupted_by_thread": (
        "MainThread and worker", "", "the program sends signals, and a handler may end the wait of MainThread",
    ),
    "idle_for_long": None,
    "loop_at_rest": None,
    "served_under_lock": (
        "MainThread and worker", "MainThread holds lock and rests in its event loop",
        "the event loop of MainThread watches other things too, which may wake it",
    ),
    "heartbeat_under_lock": (
        "MainThread and worker", "MainThread holds lock and rests in its event loop", "MainThread waits with a timeout",
    ),
    "slept_under_lock": (
        "MainThread and worker", "MainThread holds lock and rests in its event loop", "MainThread waits with a timeout",
    ),
}  # fmt: skip
MEANT = "released_for_it"  # as it turns out
AT_ONCE = 8  # they sleep more than they do


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="module")
def models(folder: Path) -> dict[str, Model]:
    """The recordings of all of them, by name."""
    chosen: list[Case] = [(program, "") for program in programs("clean") if program.name in LONG_WAITS]
    return dict(run(chosen, folder, at_once=AT_ONCE))


def told(recording: Path) -> list[dict[str, Any]]:
    """What was told of while the program ran, as it was known last."""
    found: dict[int, dict[str, Any]] = {}
    with RecordingReader(recording) as reader:
        while batch := reader.poll():
            found |= {text["id"]: text for text in batch.texts if text["type"] == "finding"}
    return list(found.values())


@pytest.mark.parametrize("program", LONG_WAITS)
def test_what_may_yet_go_on_is_a_long_wait_with_the_reason(
    program: str, models: dict[str, Model], folder: Path
) -> None:
    model = models[program]
    assert_clean(model)
    found = [each for each in told(folder / f"{program}.lane") if each["kind"] in ("deadlock", "long-wait")]
    assert list(model.findings.values()) == ([] if program == MEANT else found)
    expected = LONG_WAITS[program]
    if expected is None:
        assert not found
        return
    who, how, reason = expected
    (wait,) = found
    assert (wait["severity"], wait["cause"], wait["title"]) == ("info", None, f"Long wait of {who}")
    assert how in wait["explanation"]
    assert wait["explanation"].endswith(f"This is no deadlock, for {reason}.")


def assert_clean(model: Model) -> None:
    assert model.program_end is not None
    assert model.program_end["exit_status"] == 0, "".join(entry["text"] for entry in model.output)
    findings = find_all(model)
    assert verdict(findings) == "clean", findings
    assert not [found for found in findings if found["severity"] == "error"]


def test_a_lock_that_was_released_after_its_holder_had_ended_is_not_abandoned(models: dict[str, Model]) -> None:
    findings = find_all(models["abandoned_but_released"])
    assert not [found for found in findings if found["kind"] == "abandoned-lock"]
