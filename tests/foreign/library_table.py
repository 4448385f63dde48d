"""What `library_suites` found, kept as JSON beside it, and the page in docs that shows it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.foreign.cpython_table import Entry
from tests.foreign.known_differences import chance_of, missing_because, story_of

RESULTS = Path(__file__).parent / "library_results.json"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "library_tests.md"
HEAD = """# Tests of well-known libraries under `main.py record`

Libraries that use threads and processes heavily, as they are on PyPI; of each, files of its own tests that concern
threads and processes (which: below). Every test runs twice, without and with being recorded (`main.py record -- -m
pytest …`), and must come out the same, and so must the exit status. When something differs, both ways are run again,
three times at most: what differs each time counts as different, the rest as unsteady. Made by
`python -m tests.foreign.library_suites --write`. The t behind a version: without GIL. Times are by the clock, with
interpreter, imports and, recorded, the recorder's start and end, on a machine that others used at the same time: they
show that a suite takes no other time by orders, and nothing finer. Events, lanes and processes are what the recording
held, findings what `main.py report` says of it: errors are deadlocks, seen or predicted.

"""
COLUMNS = (
    "interpreter", "library", "tests", "passed", "skipped", "failed plain", "differ", "unsteady", "s plain",
    "s recorded", "processes", "lanes", "events", "dropped", "errors found", "run at", "tracer",
)  # fmt: skip


@dataclass
class LibraryEntry(Entry):
    """One library on one interpreter."""

    place: str = ""  # version of the interpreter, title of the library
    release: str = ""
    words: str = ""  # for pytest
    plain_s: float = 0.0
    recorded_s: float = 0.0
    events: int = 0
    dropped: int = 0
    lanes: int = 0
    processes: int = 0
    findings: dict[str, int] = field(default_factory=dict)  # how many, by severity and kind
    errors: list[str] = field(default_factory=list)  # how they are explained


def read_results() -> dict[str, LibraryEntry]:
    """By place."""
    if not RESULTS.exists():
        return {}
    return {place: LibraryEntry(**entry) for place, entry in json.loads(RESULTS.read_text()).items()}


def write_results(results: dict[str, LibraryEntry]) -> None:
    """Keep them."""
    text = json.dumps({place: asdict(results[place]) for place in sorted(results, key=str.lower)}, indent=1)
    RESULTS.write_text(text + "\n")


def render() -> None:
    """The page in docs."""
    results = read_results()
    text = HEAD + line(COLUMNS) + line(["---"] * len(COLUMNS))
    text += "".join(row(entry) for entry in results.values())
    different: dict[str, list[str]] = {}
    unsteady: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for place, entry in results.items():
        if entry.missing:
            missing.setdefault(f"{entry.missing[:1].upper()}{entry.missing[1:]}. {missing_because(place)}", []).append(
                place
            )
        for test, difference in entry.differences.items():
            words = f"`{test}`: {difference}. {story_of(place, test)}"
            different.setdefault(words, []).append(place)
        for test in entry.unsteady:
            unsteady.setdefault(chance_of(place, test), []).append(f"{place} `{test}`")
        for error in entry.errors:
            errors.setdefault(error, []).append(place)
    for title, stories in (
        ("What differs, and why", different),
        ("What differed once and not again", unsteady),
        ("What could not be run, and why", missing),
        ("Errors found", errors),
    ):
        if stories:
            text += f"\n## {title}\n\n"
            text += "".join(f"- {words} In {', '.join(places)}.\n" for words, places in stories.items())
    text += "\n## What was run\n\n"
    chosen = {f"{title_of(entry)} {entry.release}": entry.words for entry in results.values()}
    text += "".join(f"- {title}: `{chosen[title]}`\n" for title in sorted(chosen, key=str.lower))
    PAGE.write_text(text)


def title_of(entry: LibraryEntry) -> str:
    """The library."""
    return entry.place.partition(" ")[2]


def row(entry: LibraryEntry) -> str:
    """A line of the table."""
    title = f"{title_of(entry)} {entry.release}"
    cells: list[object] = [entry.place.partition(" ")[0], title]
    if entry.missing:
        cells += [entry.missing, *[""] * 12]
    else:
        passed, skipped = (entry.plain.get(outcome, 0) for outcome in ("passed", "skipped"))
        rest = entry.tests - passed - skipped - entry.plain.get("expected failure", 0)
        cells += [entry.tests, passed, skipped, rest, len(entry.differences), len(entry.unsteady)]
        cells += [f"{entry.plain_s:.0f}", f"{entry.recorded_s:.0f}"]
        cells += [entry.processes, entry.lanes, entry.events, entry.dropped, len(entry.errors)]
    cells += [entry.run_at, entry.tracer]
    return line(cells)


def line(cells: Sequence[object]) -> str:
    """A line of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"
