"""Where the time went, of programs recorded for real: what must hold however busy the machine is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.report import render, summarise
from engine.model.model import Model
from engine.recorder.sampling.sampler import Method, ThreadSampler
from engine.recording.schema import INFERRED, STATE_MASK, State
from engine.session import RunRequest
from tests.engine.recorded import record

SPIN = """
import threading, time
end = time.perf_counter() + 0.8
def spin():
    number = 0
    while time.perf_counter() < end:
        for _ in range(1000): number += 1
threads = [threading.Thread(target=spin, name="spin") for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
INTERPRETERS = """
import threading, time
import _interpreters
code = '''
import time
end = time.perf_counter() + 0.8
while time.perf_counter() < end: pass
'''
def run():
    number = _interpreters.create()
    _interpreters.exec(number, code)
    _interpreters.exec(number, "import threading\\nwith threading.Lock(): pass")
    _interpreters.destroy(number)
threads = [threading.Thread(target=run, name="run") for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
needs_system_calls = pytest.mark.skipif(
    ThreadSampler().method is not Method.SYSTEM_CALLS, reason="this system does not show what threads sleep in"
)


def recorded(folder: Path, source: str, python: str = sys.executable) -> Model:
    program = folder / "program.py"
    program.write_text(source)
    found = record(RunRequest([python, str(program)], folder / "run.lane", folder, sample_hz=400.0))
    assert found.status.exit_status == 0
    return found.model


def lanes(model: Model, name: str) -> np.ndarray:
    return np.array([lane.id for lane in model.lanes if lane.name == name])


def totals(model: Model, chosen: np.ndarray) -> np.ndarray:
    """ns by State, of all these lanes."""
    found: np.ndarray = model.states.totals(chosen, model.start_ns, model.end_ns).sum(axis=0)
    return found


@needs_system_calls
def test_threads_that_share_a_gil_wait_for_it_and_the_recording_tells_who_has_it(tmp_path: Path) -> None:
    model = recorded(tmp_path, SPIN)
    spinning = lanes(model, "spin")
    spent = totals(model, spinning)
    assert spent[State.GIL_WAIT] > 0
    assert spent[State.LOCK_WAIT] == spent[State.SLEEP] == spent[State.IO] == 0
    codes = np.concatenate([model.states.slices(int(lane), model.start_ns, model.end_ns).codes for lane in spinning])
    waits = codes[codes & STATE_MASK == State.GIL_WAIT]
    assert not (waits & INFERRED).all()  # seen, not only what remains
    [gil] = model.gils.of_process(0)
    holders = model.gils.holders(gil.id, model.start_ns, model.end_ns)
    assert not gil.inferred
    assert set(spinning.tolist()) <= set(holders)
    site = model.site(model.gils.longest_site(gil.id, int(spinning[0]), model.start_ns, model.end_ns))
    assert site is not None
    assert Path(site.file).name == "program.py"
    assert model.attribution.methods == {0: "system_calls"}
    assert model.attribution.wanted_hz == 400
    summary = summarise(model)
    assert summary["gils"][0]["switches"] > 0
    assert "Between recorded waits sampled" in render(summary)


@needs_system_calls
def test_the_systems_accounts_agree_with_the_slices_in_the_long_run(tmp_path: Path) -> None:
    model = recorded(tmp_path, SPIN)
    for lane in lanes(model, "spin").tolist():
        used = model.accounts.between(lane)
        if used is not None:
            spent = model.states.totals(np.array([lane]), used.start_ns, used.end_ns)[0]
            assert abs(int(spent[State.RUNNING]) - used.cpu_ns) < 60_000_000  # a few ticks, whatever the length
            assert used.voluntary + used.involuntary > 0


@needs_system_calls
@pytest.mark.full
def test_interpreters_within_a_process_have_lanes_and_gils_of_their_own(
    other_pythons: list[str], tmp_path: Path
) -> None:
    capable = [python for python in other_pythons if _has_interpreters(python)]
    if not capable:
        pytest.skip("none of the interpreters named has sub-interpreters and a GIL")
    for python in capable:
        model = recorded(tmp_path, INTERPRETERS, python)
        inner = [process for process in model.processes if process.role == "interpreter"]
        assert [process.name for process in inner] == ["interpreter 1", "interpreter 2"]
        assert {process.parent for process in inner} == {0}
        for process in inner:
            [lane] = [
                lane for lane in model.lanes if lane.process == process.id
            ]  # the thread came twice, the lane is one
            spent = totals(model, np.array([lane.id]))
            assert spent[State.RUNNING] + spent[State.CORE_WAIT] > 4 * spent[State.GIL_WAIT]
        for process in model.processes:
            [gil] = model.gils.of_process(process.id)
            assert (gil.interpreter == 0) == (process.role == "program")
        main = lanes(model, "MainThread")[0]
        ended_ns = model.lanes[int(main)].end_ns
        assert ended_ns is not None
        assert ended_ns > model.end_ns - 300_000_000  # not taken for dead meanwhile


def _has_interpreters(python: str) -> bool:
    question = "import sys, _interpreters; sys.exit(not getattr(sys, '_is_gil_enabled', lambda: True)())"
    return subprocess.run([python, "-c", question], capture_output=True, check=False).returncode == 0
