"""Runs a benchmark's child with and without the tracer, its rings drained meanwhile as the recorder would."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.recorder.rings import RingFile  # noqa: E402
from engine.tracer import layout  # noqa: E402

INJECT = ROOT / "engine" / "tracer" / "inject"
POLL_S = 0.016


@dataclass
class Drained:
    """What came out of the rings."""

    records: int = 0
    dropped: int = 0
    rings: dict[Path, RingFile] = field(default_factory=dict)

    def poll(self, folder: Path, *, final: bool = False) -> None:
        """Take what there is."""
        for path in folder.glob("*.ring"):
            if path not in self.rings:
                try:
                    self.rings[path] = RingFile(path)
                except (OSError, ValueError):
                    continue
            while taken := self.rings[path].drain(time.perf_counter_ns(), final=final):
                self.records += len(taken.records)
        cells = [ring.read_cells() for ring in self.rings.values()]
        self.dropped = max(self.dropped, sum(int(c[:, layout.CELL_DROPPED].sum()) for c in cells))

    def close(self) -> None:
        """Let go of the files."""
        for ring in self.rings.values():
            ring.close(unlink=True)


def run_child(python: str, source: str, *args: str, traced: bool) -> tuple[dict[str, Any], Drained]:
    """What the child printed (JSON), and what was drained from it meanwhile. RuntimeError when it failed."""
    drained = Drained()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        folder = Path(name)
        environment = dict(os.environ)
        if traced:
            environment |= {"PYTHONPATH": str(INJECT), layout.RUN_FOLDER_VARIABLE: name}
        child = subprocess.Popen(
            [python, "-c", source, *args], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while child.poll() is None:
            if traced:
                drained.poll(folder)
            time.sleep(POLL_S)
        output, errors = child.communicate()
        if traced:
            drained.poll(folder, final=True)
        drained.close()
    if child.returncode:
        raise RuntimeError(f"{python}: {errors.strip()}")
    return json.loads(output.splitlines()[-1]), drained


def describe(python: str) -> dict[str, Any]:
    """Version of an interpreter, and whether it runs without its GIL."""
    source = """
import json, sys
with_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print(json.dumps({"version": sys.version.split()[0], "free_threaded": not with_gil}))
"""
    told, _drained = run_child(python, source, traced=False)
    return told
