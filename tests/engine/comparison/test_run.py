"""Real comparisons: small, run as the command line and the window run them."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine import interpreters
from engine.analysis.reading import read_model
from engine.comparison.plan import scenario_plan
from engine.comparison.result import load
from engine.comparison.run import Progress, carry_out, tell_runs
from engine.recording.reader import RecordingReader

ROOT = Path(__file__).parents[3]
HERE = interpreters.probe(sys.executable)
SMALL = {"numbers": 8000}
ENOUGH = {"numbers": 60_000}  # to be seen running by the sampler


def test_variants_are_measured_and_their_recordings_kept(tmp_path: Path) -> None:
    plan = scenario_plan(
        "cpu_under_gil", backends=["serial", "threads", "processes"], workers=[2], pythons=[HERE], parameters=ENOUGH,
        repeats=1,
    )  # fmt: skip
    seen: list[Progress] = []
    result = carry_out(plan, tmp_path, on_progress=lambda progress, _: seen.append(progress))
    assert result.complete
    assert [progress.round for progress in seen] == [0, 0, 0, 1, 1, 1]
    assert load(tmp_path) == result
    for variant in result.variants:
        (trial,) = variant.trials
        assert trial.error == ""
        assert trial.work == 2 * 60_000
        assert trial.per_s > 0
        assert trial.lanes == (1 if variant.backend == "serial" else 2)
        assert trial.where["running"] > 0
        reader = RecordingReader(tmp_path / trial.recording)
        assert reader.header["backend"] == variant.backend
        reader.close()
    assert result.variants[2].trials[0].processes == 3
    assert result.variants[2].trials[0].start_up_ns > 0
    assert len(list(tmp_path.glob("*.lane"))) == 3, "warm-ups are not kept"


def test_a_cancelled_comparison_keeps_what_it_has(tmp_path: Path) -> None:
    plan = scenario_plan("cpu_under_gil", backends=["threads"], workers=[1, 2], pythons=[HERE], parameters=SMALL)
    seen: list[Progress] = []
    result = carry_out(
        plan, tmp_path, on_progress=lambda progress, _: seen.append(progress), cancelled=lambda: len(seen) > 3
    )
    assert not result.complete
    assert sum(len(variant.trials) for variant in result.variants) == 1
    assert load(tmp_path) == result


def test_a_variant_that_fails_is_said_to_and_not_tried_again(tmp_path: Path) -> None:
    plan = scenario_plan(
        "cpu_under_gil", backends=["threads"], workers=[2], pythons=[HERE], parameters=SMALL, repeats=2
    )
    request = plan.request(plan.variants[0], tmp_path / "a.lane")
    gone = [str(tmp_path / "gone"), *request.command[1:]]
    plan = replace(plan, request=lambda _, recording: replace(request, command=gone, recording=recording))
    (variant,) = carry_out(plan, tmp_path).variants
    assert len(variant.trials) == 1
    assert variant.error


def compare(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "main.py", "compare", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_the_command_prints_one_json_object(tmp_path: Path) -> None:
    done = compare(
        "cpu_under_gil", "--backends", "threads", "--workers", "1,2", "--interpreters", sys.executable, "--repeat", "1",
        "--set", "numbers=8000", "--json", "-o", str(tmp_path / "kept"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [(each["backend"], each["workers"]) for each in data["variants"]] == [("threads", 1), ("threads", 2)]
    assert data["complete"]
    assert load(tmp_path / "kept").complete


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["two_locks"], "meant to deadlock"),
        (["cpu_under_gil", "--workers", "1,x"], "numbers with commas between"),
        (["cpu_under_gil", "--interpreters", "/no/python"], "there is no '/no/python'"),
        (["missing.json"], "missing.json cannot be read"),
        (["cpu_under_gil", "--backends", "gpu"], "no backend 'gpu'"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(arguments: list[str], words: str) -> None:
    done = compare(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_an_interrupt_ends_it_with_a_partial_result(tmp_path: Path) -> None:
    command = [
        sys.executable, "main.py", "compare", "cpu_under_gil", "--backends", "threads", "--workers", "1", "--events",
        "--interpreters", sys.executable, "--set", "numbers=8000", "--repeat", "50", "-o", str(tmp_path / "kept"),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        events = []
        for line in process.stdout:
            events.append(json.loads(line))
            if len(events) == 3:
                os.kill(process.pid, signal.SIGINT)
    assert process.returncode == 130
    assert events[-1]["event"] == "result"
    assert not events[-1]["result"]["complete"]
    assert not load(tmp_path / "kept").complete


def test_what_was_measured_by_comparing_is_told_by_the_run_itself(tmp_path: Path) -> None:
    plan = scenario_plan(
        "cpu_under_gil", backends=["threads"], workers=[2], pythons=[HERE], parameters=SMALL, repeats=1
    )
    result = carry_out(plan, tmp_path)
    (variant,) = result.variants
    (trial,) = variant.trials
    gil = {"where": {"running": 50, "GIL wait": 50}, "points": {}}
    bound = replace(variant, trials=[replace(trial, **gil), replace(trial, recording="gone.lane", **gil)])
    faster = replace(variant, backend="processes", trials=[replace(trial, work=trial.work * 2)] * 2)
    tell_runs(replace(result, variants=[bound, faster]), tmp_path)
    with RecordingReader(tmp_path / trial.recording) as reader:
        model = read_model(reader)
    assert model.compared == {"gil-bound": "processes × 2 did the same work 2.0 times as fast."}
    assert model.finished
