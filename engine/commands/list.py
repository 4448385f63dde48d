"""Lists the scenarios, task types, backends and interpreters that there are."""

import argparse
import json
import sys
import textwrap
from typing import Any

HELP = "list scenarios, task types, backends and interpreters"
WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to say it."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


def execute(arguments: argparse.Namespace) -> int:
    """Prints the lists."""
    found = everything()
    if arguments.json:
        json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(render(found))
    return 0


def everything() -> dict[str, Any]:
    """All of it, as `--json` gives it."""
    from engine import interpreters
    from engine.backends.registry import BACKENDS
    from engine.scenarios.catalogue import groups
    from engine.tasks.registry import TASKS

    return {
        "schema": 1,
        "scenarios": [
            {
                "name": scenario.name,
                "title": scenario.title,
                "group": group,
                "summary": scenario.summary,
                "expects": scenario.expects,
                "repaired": scenario.repaired,
                "backends": list(scenario.backends),
                "default_backend": scenario.default_backend,
                "default_workers": scenario.default_workers,
                "parameters": [_parameter(parameter) for parameter in scenario.parameters],
            }
            for group, scenarios in groups().items()
            for scenario in scenarios
        ],
        "tasks": [
            {
                "name": task.name,
                "title": task.title,
                "explanation": task.explanation,
                "parameters": [_parameter(parameter) for parameter in task.parameters],
            }
            for task in TASKS.values()
        ],
        "backends": [
            {"name": backend.name, "title": backend.title, "explanation": backend.explanation}
            for backend in BACKENDS.values()
        ],
        "interpreters": [
            {
                "path": str(interpreter.path),
                "version": interpreter.version,
                "free_threaded": interpreter.free_threaded,
                "environment": str(interpreter.environment) if interpreter.environment else None,
                "abilities": list(interpreter.abilities),
            }
            for interpreter in interpreters.find()
        ],
    }


def _parameter(parameter: Any) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "kind": parameter.kind,
        "default": parameter.default,
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "choices": list(parameter.choices),
        "unit": parameter.unit,
        "help": parameter.help,
    }


def render(found: dict[str, Any]) -> str:
    """The lists as text."""
    lines = ["Scenarios (main.py list --json has their parameters)"]
    group = ""
    for scenario in found["scenarios"]:
        if scenario["group"] != group:
            group = scenario["group"]
            lines += ["", f"  {group}"]
        lines += _entry(scenario["name"], scenario["summary"])
    lines += ["", "Task types"]
    for task in found["tasks"]:
        lines += _entry(task["name"], task["explanation"])
    lines += ["", "Backends"]
    for backend in found["backends"]:
        lines += _entry(backend["name"], backend["explanation"])
    lines += ["", "Interpreters"]
    for interpreter in found["interpreters"]:
        able = f" ({', '.join(interpreter['abilities'])})" if interpreter["abilities"] else ""
        kind = " free-threaded" if interpreter["free_threaded"] else ""
        lines += _entry(f"{interpreter['version']}{kind}", f"{interpreter['path']}{able}")
    return "\n".join(lines)


def _entry(name: str, text: str) -> list[str]:
    """A name and its text, the text in a column of its own."""
    wrapped = textwrap.wrap(text, WIDTH - 32, break_on_hyphens=False, break_long_words=False) or [""]
    first = f"    {name:<27} {wrapped[0]}" if len(name) <= 27 else f"    {name}\n{'':32}{wrapped[0]}"
    return [first, *(f"{'':32}{line}" for line in wrapped[1:])]
