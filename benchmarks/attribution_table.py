"""What `benchmarks.attribution` printed, as a table in Markdown: of each interpreter the worst of all runs.

python -m benchmarks.attribution_table FILE...
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Run = Mapping[str, Any]
SHARES = {
    "sleep": "GIL wait of sleeping threads",
    "release": "of threads that release it",
    "lock_wait": "of threads that wait for locks",
    "interpreters": "of sub-interpreters",
    "processes": "of processes",
}
HEADS = (
    "interpreter",
    "running − kernel's",
    "core wait − kernel's",
    "GIL wait, N = {counts}",
    "− the unwinder's",
    *SHARES.values(),
    "looks, % of a core",
)


def table(measured: Iterable[Mapping[str, Any]]) -> str:
    """Of what was measured on each interpreter: points, and shares in percent."""
    rows = []
    counts: dict[str, None] = {}
    for found in measured:
        cases = {name: listed(runs) for name, runs in found.items() if " x " in name}
        computing = {name.split()[-1]: runs for name, runs in cases.items() if name.startswith("compute")}
        counts |= dict.fromkeys(computing)
        every = [run for runs in cases.values() for run in runs]
        rows.append(
            [
                found["version"] + ("t" if found["free_threaded"] else ""),
                worst(every, "kernel_running"),
                worst(every, "kernel_core_wait"),
                ", ".join(most_gil_wait(runs) for runs in computing.values()),
                ", ".join(worst(runs, "other_gil_wait", "mean") for runs in computing.values()),
                *(most_gil_wait([run for name, runs in cases.items() if name.split()[0] == kind for run in runs])
                  for kind in SHARES),
                f"{max(run['looks_percent_of_a_core'] for run in every):.1f}",
            ]
        )  # fmt: skip
    heads = [head.format(counts=", ".join(counts)) for head in HEADS]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows))


def listed(runs: Run | Sequence[Run]) -> list[Run]:
    """One run, or each of the repeats."""
    return [runs] if isinstance(runs, Mapping) else list(runs)


def worst(runs: Iterable[Run], what: str, which: str = "worst") -> str:
    """The error furthest from 0, in points: of single threads, or of a run's mean."""
    errors = [run[what][which] for run in runs if what in run]
    return f"{max(errors, key=abs):+.1f}" if errors else "–"


def most_gil_wait(runs: Iterable[Run]) -> str:
    """In percent of the threads' time."""
    shares = [run["percent"].get("gil_wait", 0.0) for run in runs if "percent" in run]
    return f"{max(shares):.1f}" if shares else "–"


def main() -> None:
    outputs = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    print(table(found for output in outputs for name, found in output.items() if name != "machine"))


if __name__ == "__main__":
    main()
