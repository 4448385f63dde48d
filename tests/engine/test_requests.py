"""What is asked to be run is checked before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from engine.session import InvalidChoice, RunRequest, program_request, scenario_request

BAD_SCENARIOS: list[tuple[dict[str, Any], str]] = [
    ({"name": "two_lokcs"}, "name"),
    ({"backend": "spaceships"}, "backend"),
    ({"workers": 0}, "workers"),
    ({"workers": 100_000}, "workers"),
    ({"interpreter": "/nowhere/python"}, "interpreter"),
    ({"interpreter": "/bin/cat"}, "interpreter"),
    ({"parameters": {"deposits": "many"}}, "deposits"),
    ({"parameters": {"depossits": "1"}}, "depossits"),
    ({"start_method": "teleport"}, "start_method"),
    ({"time_limit_s": -1}, "time_limit_s"),
]


@pytest.mark.parametrize(("choices", "field"), BAD_SCENARIOS, ids=[str(choices) for choices, _ in BAD_SCENARIOS])
def test_a_choice_that_cannot_be_run_is_named(choices: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidChoice) as error:
        scenario_request(**{"name": "two_locks"} | choices)
    assert error.value.field == field
    assert "\n" not in error.value.message


@pytest.mark.parametrize("arguments", [[], ["--"], ["-m"], ["-x"], ["nowhere.py"]])
def test_a_program_that_cannot_be_run_is_named(arguments: list[str]) -> None:
    with pytest.raises(InvalidChoice) as error:
        program_request(arguments)
    assert error.value.field == "arguments"


def test_a_scenario_becomes_a_command_of_its_own(tmp_path: Path) -> None:
    request = scenario_request("two-locks", backend="processes", parameters={"deposits": "3"}, start_method="spawn")
    assert request.command[1:] == [
        "-m", "engine.scenarios.two_locks", "--workers", "2", "--backend", "processes", "--start-method", "spawn",
        "--set", "deposits=3", "--set", "hold_ms=20.0",
    ]  # fmt: skip
    assert (request.scenario, request.backend, request.workers, request.parameters["deposits"]) == (
        "two_locks", "processes", 2, 3,
    )  # fmt: skip


def test_a_request_survives_its_journey() -> None:
    request = program_request(["-c", "pass"], time_limit_s=3, capture_output=False)
    assert RunRequest.from_json(request.to_json()) == request
