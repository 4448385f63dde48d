"""Facts about the machine that a benchmark ran on, and how benchmarks print: one JSON object."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def facts() -> dict[str, Any]:
    """Processor, cores that may be used, system, Python, and how busy the machine was."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def report(results: Mapping[str, Any]) -> None:
    """Print the results, with the machine's facts."""
    json.dump({"machine": facts(), **results}, sys.stdout, indent=1)
    print()


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    report({})
