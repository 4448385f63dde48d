"""Carries out a plan, one trial after another: nothing else is to run while one is measured."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.analysis.reading import read_model
from engine.comparison import result as results
from engine.comparison.advice import findings
from engine.comparison.course import Course
from engine.comparison.plan import Plan, Variant
from engine.comparison.result import Result, VariantResult
from engine.comparison.trial import Trial, failed, measure
from engine.model.format import duration
from engine.recording import library
from engine.recording.append import CannotAppend, append_texts
from engine.recording.machine import usable_cores
from engine.recording.reader import NotARecording, RecordingReader
from engine.session import Session, SessionError

POLL_S = 0.05
COMPARISONS = "comparisons"  # folder beside the recordings


@dataclass(frozen=True)
class Progress:
    """What is being run now."""

    done: int  # trials, with the warm-up
    total: int  # as far as is known: short runs are tried more often
    round: int  # 0: the warm-up
    variant: Variant
    share: float  # of the time, 0 to 1
    left_s: float | None  # None: not known yet

    @property
    def words(self) -> str:
        """`4 of 12: round 1, threads × 2, Python 3.13.0; about 40 s left`."""
        what = "warm-up" if self.round == 0 else f"round {self.round}"
        seconds = None if self.left_s is None else max(1, round(self.left_s))
        left = "" if seconds is None else f"; about {f'{seconds} s' if seconds < 60 else duration(seconds * 1e9)} left"
        return f"{self.done + 1} of {self.total}: {what}, {self.variant.name}{left}"


def comparisons_folder() -> Path:
    """Where comparisons are kept, beside the recordings; made when it is not there. OSError when it cannot be made."""
    path = library.folder() / COMPARISONS
    path.mkdir(exist_ok=True)
    return path


def new_folder(title: str) -> Path:
    """A new folder for a comparison's recordings and its result. OSError when it cannot be made."""
    return library.new_folder(title, comparisons_folder())


def carry_out(
    plan: Plan,
    folder: Path,
    *,
    on_progress: Callable[[Progress, Result], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Runs all trials and returns the result, partial when cancelled. It is saved in the folder after every trial.

    OSError when the folder cannot be written.
    """
    result = Result(
        plan.title,
        dict(plan.workload),
        usable_cores(),
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
        planned=plan.repeats * len(plan.variants),
    )
    course = Course(plan)
    while (due := course.due) is not None and not cancelled():
        number, index = due
        variant = plan.variants[index]
        on_progress(Progress(course.done, course.total, number, variant, course.share, course.left_s), result)
        began = time.monotonic()
        trial = _run(plan, index, number, folder, cancelled)
        if trial is None:
            break
        course.finish(trial.span_ns, time.monotonic() - began, failed=bool(trial.error))
        result.planned = course.planned
        if number or trial.error:
            result.variants[index].trials.append(trial)
        if number == 0:
            (folder / trial.recording).unlink(missing_ok=True)
        else:
            results.save(result, folder)
    result.complete = course.due is None
    results.save(result, folder)
    tell_runs(result, folder)
    return result


def tell_runs(result: Result, folder: Path) -> None:
    """What was measured about a run by comparing it goes into its recording, where its own findings tell it."""
    for finding in findings(result):
        for number in finding["subjects"] if finding["gain"] else ():
            for trial in result.variants[number].good:
                with contextlib.suppress(CannotAppend, NotARecording, OSError):  # it stands in the result all the same
                    _tell_run(folder / trial.recording, finding)


def _tell_run(recording: Path, finding: dict[str, Any]) -> None:
    with RecordingReader(recording) as reader:
        while reader.poll():
            pass
        append_texts(reader, [{"type": "compared", "kind": finding["kind"], "words": finding["advice"]}])


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
                (folder / name).unlink(missing_ok=True)
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
