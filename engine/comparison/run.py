"""Carries out a plan, one trial after another: nothing else is to run while one is measured."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.analysis.reading import read_model
from engine.comparison import result as results
from engine.comparison.plan import Plan, Variant
from engine.comparison.result import Result, VariantResult
from engine.comparison.trial import Trial, failed, measure
from engine.recording import library
from engine.recording.reader import NotARecording, RecordingReader
from engine.session import Session, SessionError

POLL_S = 0.05
COMPARISONS = "comparisons"  # folder beside the recordings


@dataclass(frozen=True)
class Progress:
    """What is being run now."""

    done: int  # trials
    total: int
    round: int  # 0: the warm-up
    variant: Variant


def comparisons_folder() -> Path:
    """Where comparisons are kept, beside the recordings; made when it is not there. OSError when it cannot be made."""
    path = library.folder() / COMPARISONS
    path.mkdir(exist_ok=True)
    return path


def new_folder(title: str) -> Path:
    """A new folder for a comparison's recordings and its result. OSError when it cannot be made."""
    parent = comparisons_folder()
    path = library.new_path(title, parent).with_suffix("")
    number = 1
    while path.exists():
        number += 1
        path = path.with_name(f"{path.name.removesuffix(f' {number - 1}')} {number}")
    path.mkdir()
    return path


def carry_out(
    plan: Plan,
    folder: Path,
    *,
    on_progress: Callable[[Progress, Result], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Runs all trials and returns the result, partial when cancelled. It is saved in the folder after every round.

    OSError when the folder cannot be written.
    """
    result = Result(
        plan.title,
        dict(plan.workload),
        os.cpu_count() or 1,
        plan.repeats,
        [
            VariantResult(
                variant.backend,
                variant.workers,
                str(variant.interpreter.path),
                variant.interpreter.version,
                variant.interpreter.free_threaded,
            )
            for variant in plan.variants
        ],
        list(plan.notes),
    )
    trials = list(plan.rounds())
    broken: set[int] = set()  # variants whose warm-up failed: they would fail again
    for done, (number, index) in enumerate(trials):
        if cancelled():
            break
        on_progress(Progress(done, len(trials), number, plan.variants[index]), result)
        if index in broken:
            continue
        trial = _run(plan, index, number, folder, cancelled)
        if trial is None:
            break
        if number or trial.error:
            result.variants[index].trials.append(trial)
        if trial.error:
            broken |= {index} if number == 0 else set()
        if number == 0:
            (folder / trial.recording).unlink(missing_ok=True)
        if index == len(plan.variants) - 1 or number:
            results.save(result, folder)
    else:
        result.complete = True
    results.save(result, folder)
    return result


def _run(plan: Plan, index: int, number: int, folder: Path, cancelled: Callable[[], bool]) -> Trial | None:
    """One trial; None when it was cancelled."""
    variant = plan.variants[index]
    name = f"{index + 1:02d} {variant.backend} {variant.workers} round {number}{library.SUFFIX}"
    session = Session(plan.request(variant, folder / name))
    try:
        session.start()
        while not session.wait(POLL_S).over:
            if cancelled():
                session.stop()
                session.wait()
                return None
        status = session.poll()
    except SessionError as error:
        return failed(name, str(error))
    finally:
        session.close()
    if status.phase == "failed":
        return failed(name, status.message)
    try:
        with contextlib.closing(RecordingReader(folder / name)) as reader:
            return measure(read_model(reader), name)
    except (NotARecording, OSError) as error:
        return failed(name, str(error))
