"""What `cpython_suites` found, kept as JSON beside it, and the page in docs that shows it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.foreign.known_differences import chance_of, story_of

RESULTS = Path(__file__).parent / "cpython_results.json"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cpython_tests.md"
HEAD = """# CPython's own tests under `main.py record`

Every test runs twice, without and with being recorded, and must come out the same. A test whose outcome differs for
no known reason is run again by itself, both ways; it counts as different when it differs each time, as unsteady
otherwise (a loaded machine fails tests with time limits either way). Made by
`python -m tests.foreign.cpython_suites --write`, module by module. The t behind a version: without GIL. A row may be
older than the tracer: when it was run is told (UTC), and the commit that had last changed `engine/tracer` in what it
was run with (a + behind it: and changes that were not committed; empty: not noted then). Plain, that is without being
recorded, a module comes out as its interpreter lets it, whatever the tracer is: that run may be an earlier one
(`--plain`), and has a time of its own.

| interpreter | module | tests | passed | skipped | failed plain | differ | unsteady | plain | recorded | tracer |
|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass
class Entry:
    """One module on one interpreter."""

    tests: int = 0
    plain: dict[str, int] = field(default_factory=dict)  # how many of each outcome without being recorded
    differences: dict[str, str] = field(default_factory=dict)  # by test
    unsteady: list[str] = field(default_factory=list)
    missing: str = ""
    plain_at: str = ""  # when it had been run without being recorded, UTC, to the minute
    run_at: str = ""  # when it had been run both ways
    tracer: str = ""  # the commit that had last changed it

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


def render(modules: list[str]) -> None:
    """The page in docs. `modules`: those that are to be run on every interpreter."""
    results = read_results()
    lines = [row(name, entry) for name, entry in results.items()]
    text = HEAD + "\n".join(lines) + "\n"
    different: dict[str, list[str]] = {}
    unsteady: dict[str, list[str]] = {}
    for name, entry in results.items():
        version, _, module = name.partition(" ")
        place = f"{version} {title_of(module)}"
        for test, difference in entry.differences.items():
            words = f"`{test.partition('.')[2]}`: {difference}. {story_of(version, test)}"
            different.setdefault(words, []).append(place)
        for test in entry.unsteady:
            unsteady.setdefault(chance_of(version, test), []).append(f"{place} `{test.rpartition('.')[2]}`")
    for title, stories in ("What differs, and why", different), ("What differed once and not again", unsteady):
        if stories:
            text += f"\n## {title}\n\n"
            text += "".join(f"- {words} In {', '.join(places)}.\n" for words, places in stories.items())
    left = not_run(results, modules)
    if left:
        text += "\n## Not run so far\n\n"
        for version, titles in left.items():
            text += f"- {version}: {', '.join(titles)}\n"
    PAGE.write_text(text)


def not_run(results: dict[str, Entry], modules: list[str]) -> dict[str, list[str]]:
    """By interpreter that was tested at all: what has no row, neither of its own nor within that of a whole package."""
    left: dict[str, list[str]] = {}
    for version in dict.fromkeys(name.partition(" ")[0] for name in results):
        for module in modules:
            if not any(f"{version} {module}_".startswith((f"{name}_", f"{name}.")) for name in results):
                left.setdefault(version, []).append(title_of(module))
    return left


def title_of(module: str) -> str:
    """CPython's name of a module that `cpython_suites` has made, any other as it is."""
    if module.startswith("cpython_"):
        return "test.test_multiprocessing_" + module.removeprefix("cpython_").replace("_", ".test_")
    return module


def row(name: str, entry: Entry) -> str:
    """A line of the table."""
    version, _, module = name.partition(" ")
    module = title_of(module)
    if entry.missing:
        return f"| {version} | {module} | {entry.missing} | | | | | | | {entry.run_at} | {entry.tracer} |"
    passed, skipped = (entry.plain.get(outcome, 0) for outcome in ("passed", "skipped"))
    rest = entry.tests - passed - skipped - entry.plain.get("expected failure", 0)
    cells = [version, module, entry.tests, passed, skipped, rest, len(entry.differences), len(entry.unsteady)]
    cells += [entry.plain_at or entry.run_at, entry.run_at, entry.tracer]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
