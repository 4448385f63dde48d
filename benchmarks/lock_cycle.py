"""What every instrumented primitive costs against the raw one, and against other tools on the same loops. Prints JSON.

    python -m benchmarks.lock_cycle [--rounds 5] [--tools PYTHON]

Interpreters: this one and those in LANESCOPE_TEST_PYTHONS. Each round runs the loops of `primitive_loops` plain, traced
(rings drained meanwhile) and, on this interpreter, under VizTracer and under pydevd's concurrency logger (the one of
PyCharm's concurrency diagram), one after the other; ns are the best of all rounds, ratios the median of the rounds'
ratios. Times are CPU times. A tool that is not installed is said to be missing; `--tools` names a Python of this
version that has them. VizTracer, written in C, records that a call was made (of a `with` block: that it was left);
neither holder, nor hold, nor wait, nor line. `viztracer_python_lock` is what `with_lock` costs with it when both calls
can be seen, which takes a lock written in Python. Records a cycle: locks one HOLD, `simple_queue` two DEPTHs,
`write_nothing` one WAIT, from which engine/recorder/costs.py has its weights.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

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
    installed = [tool for tool in TOOLS if has(arguments.tools, tool)]
    found = [
        measure(python, arguments.rounds, {tool: arguments.tools for tool in installed if python == sys.executable})
        for python in [sys.executable, *others]
    ]
    report({"missing": [tool for tool in TOOLS if tool not in installed], "interpreters": found})


def has(python: str, module: str) -> bool:
    """Whether that Python can import it."""
    source = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", source], check=False).returncode == 0


def measure(python: str, rounds: int, tools: dict[str, str]) -> dict[str, Any]:
    """All loops on one interpreter; `tools` by name, with the Python that has them."""
    ways = ["plain", "traced", *tools]
    found = [{way: run(python, way, tools) for way in ways} for _ in range(rounds)]
    loops: dict[str, dict[str, float]] = {}
    for loop in found[0]["plain"]:
        loops[loop] = {f"{way}_ns": round(min(each[way][loop] for each in found)) for way in ways}
        for way in ways[1:]:
            loops[loop][f"{way}_ratio"] = round(median(each[way][loop] / each["plain"][loop] for each in found), 2)
    if "viztracer" in ways:
        seen = (each["viztracer"]["with_python_lock"] / each["plain"]["with_lock"] for each in found)
        loops["with_lock"]["viztracer_python_lock_ratio"] = round(median(seen), 2)
    return {**describe(python), "loops": loops}


def run(python: str, way: str, tools: dict[str, str]) -> dict[str, float]:
    """ns per cycle by loop."""
    if way == "pydevd":
        return run_under_pydevd(tools[way], SCRIPT)
    return run_child(tools.get(way, python), SCRIPT.read_text(), way, traced=way == "traced")[0]


if __name__ == "__main__":
    main()
