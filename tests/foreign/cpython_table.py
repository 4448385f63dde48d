"""What `cpython_suites` found, kept as JSON beside it, and the page in docs that shows it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.foreign.known_differences import reason_for

RESULTS = Path(__file__).parent / "cpython_results.json"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cpython_tests.md"
HEAD = """# CPython's own tests under `main.py record`

Every test runs twice, without and with being recorded, and must come out the same. A test whose outcome differs is run
again by itself, both ways; it counts as different when it differs each time, as unsteady otherwise (a loaded machine
fails tests with time limits either way). Made by `python -m tests.foreign.cpython_suites --write`, module by module;
what is not in the table has not been run. The t behind a version: without GIL.

| interpreter | module | tests | passed | skipped | failed without recording | differ | unsteady |
|---|---|---|---|---|---|---|---|
"""


@dataclass
class Entry:
    """One module on one interpreter."""

    tests: int = 0
    plain: dict[str, int] = field(default_factory=dict)  # how many of each outcome without being recorded
    differences: dict[str, str] = field(default_factory=dict)  # by test
    unsteady: list[str] = field(default_factory=list)
    missing: str = ""

    def summary(self) -> str:
        """In a line."""
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.plain.items()))
        return f"{self.tests} tests ({counts}), {len(self.differences)} differ, {len(self.unsteady)} unsteady"


def read_results() -> dict[str, Entry]:
    """By interpreter and module."""
    if not RESULTS.exists():
        return {}
    return {name: Entry(**entry) for name, entry in json.loads(RESULTS.read_text()).items()}


def write_results(results: dict[str, Entry]) -> None:
    """Keep them."""
    RESULTS.write_text(json.dumps({name: asdict(results[name]) for name in sorted(results)}, indent=1) + "\n")


def render() -> None:
    """The page in docs."""
    results = read_results()
    lines = [row(name, entry) for name, entry in results.items()]
    text = HEAD + "\n".join(lines) + "\n"
    differences = {
        f"{name}: `{test}`": (difference, reason_for(test))
        for name, entry in results.items()
        for test, difference in entry.differences.items()
    }
    if differences:
        text += "\n## What differs, and why\n\n"
        for test, (difference, reason) in differences.items():
            text += f"- {test}: {difference}. {reason or 'No reason known.'}\n"
    PAGE.write_text(text)


def row(name: str, entry: Entry) -> str:
    """A line of the table."""
    version, _, module = name.partition(" ")
    if module.startswith("cpython_"):  # made by cpython_suites
        module = "test.test_multiprocessing_" + module.removeprefix("cpython_").replace("_", ".test_")
    if entry.missing:
        return f"| {version} | {module} | {entry.missing} | | | | | |"
    passed, skipped = (entry.plain.get(outcome, 0) for outcome in ("passed", "skipped"))
    rest = entry.tests - passed - skipped - entry.plain.get("expected failure", 0)
    cells = [version, module, entry.tests, passed, skipped, rest, len(entry.differences), len(entry.unsteady)]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
