"""What every instrumented primitive costs against the raw one, and against other tools on the same loops. Prints JSON.

    python -m benchmarks.lock_cycle [--rounds 5] [--tools PYTHON,...]

Interpreters: this one and those in LANESCOPE_TEST_PYTHONS. Each round runs the loops of `primitive_loops` plain, traced
(rings drained meanwhile), under VizTracer and under pydevd's concurrency logger (the one of PyCharm's concurrency
diagram), one after the other; ns are the best of all rounds, ratios the median of the rounds' ratios. Times are CPU
times. `--tools` names Pythons that have the tools, one for each version that is measured; which tools are missing for
an interpreter is said. VizTracer, written in C, records that a call was made (of a `with` block: that it
was left); neither holder, nor hold, nor wait, nor line. `viztracer_python_lock` is what `with_lock` costs with it when
both calls can be seen, which takes a lock written in Python; `python_lock` what such a lock costs that records nothing,
`least_recording_lock` one that writes a number and two times: a recorder that is no C extension cannot cost less (of
`acquire_release`: one that takes their arguments, too).
Records a cycle: locks one HOLD, `simple_queue` two DEPTHs, `write_nothing` one WAIT, from which
engine/recorder/costs.py has its weights.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.debugger import run_under_pydevd
from benchmarks.machine import report
from benchmarks.traced import describe, run_child

SCRIPT = Path(__file__).parent / "primitive_loops.py"
TOOLS = ("viztracer", "pydevd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tools", default=sys.executable, metavar="PYTHON")
    arguments = parser.parse_args()
    others = [python for python in os.environ.get("LANESCOPE_TEST_PYTHONS", "").split(os.pathsep) if python]
    by_version = {describe(python)["version"]: python for python in arguments.tools.split(",")}
    found = []
    for python in [sys.executable, *others]:
        facts = describe(python)
        tools = by_version.get(facts["version"], python)
        installed = {tool: tools for tool in TOOLS if has(tools, tool)}
        missing = [tool for tool in TOOLS if tool not in installed]
        found.append({**facts, "missing": missing, "loops": measure(python, arguments.rounds, installed)})
    report({"interpreters": found})


def has(python: str, module: str) -> bool:
    """Whether that Python can import it."""
    source = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", source], check=False).returncode == 0


def measure(python: str, rounds: int, tools: dict[str, str]) -> dict[str, dict[str, float]]:
    """All loops on one interpreter, by name; `tools` by name, with the Python that has them."""
    ways = ["plain", "traced", *tools]
    found = [{way: run(python, way, tools) for way in ways} for _ in range(rounds)]
    loops: dict[str, dict[str, float]] = {}
    for loop in found[0]["plain"]:
        loops[loop] = {f"{way}_ns": round(min(each[way][loop] for each in found)) for way in ways}
        for way in ways[1:]:
            loops[loop][f"{way}_ratio"] = round(median(each[way][loop] / each["plain"][loop] for each in found), 2)
    for kind in ("python", "least_recording"):
        wrapped = (each["plain"][f"with_{kind}_lock"] / each["plain"]["with_lock"] for each in found)
        loops["with_lock"][f"{kind}_lock_ratio"] = round(median(wrapped), 2)
    least = (each["plain"]["least_recording_acquire_release"] / each["plain"]["acquire_release"] for each in found)
    loops["acquire_release"]["least_recording_lock_ratio"] = round(median(least), 2)
    if "viztracer" in ways:
        seen = (each["viztracer"]["with_python_lock"] / each["plain"]["with_lock"] for each in found)
        loops["with_lock"]["viztracer_python_lock_ratio"] = round(median(seen), 2)
    return loops


def run(python: str, way: str, tools: dict[str, str]) -> dict[str, float]:
    """ns per cycle by loop."""
    if way == "pydevd":
        return run_under_pydevd(tools[way], SCRIPT)
    return run_child(tools.get(way, python), SCRIPT.read_text(), way, traced=way == "traced")[0]


if __name__ == "__main__":
    main()
