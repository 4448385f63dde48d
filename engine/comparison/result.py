"""All trials of a comparison put together; as it stands after every trial, whole or partial. Kept as JSON."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from engine.comparison.trial import WHERE, Trial
from engine.model.attribution import doubt
from engine.model.format import count, duration, percent

SCHEMA = 1
FILE_NAME = "comparison.json"
SHORT_NS = 500_000_000  # a run that is worth a remark
DISTURBING = 0.2  # of the cores, used by other programs


class NotAComparison(ValueError):
    """A file that holds no comparison; one plain line."""


@dataclass(frozen=True)
class Spread:
    """What repeated trials measured; of five or more, `least` and `most` leave out the furthest fifth at either end."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """At least one value."""
        ordered = sorted(values)
        left_out = len(ordered) // 5
        return cls(median(ordered), ordered[left_out], ordered[-1 - left_out])

    def apart_from(self, other: "Spread") -> bool:
        """Whether the trials of the two do not overlap: what differs by less is noise."""
        return self.least > other.most or self.most < other.least


@dataclass
class VariantResult:
    """One variant and its trials, in the order of their rounds."""

    backend: str
    workers: int
    python: str  # path of the interpreter
    version: str  # "3.13.0"
    free_threaded: bool
    trials: list[Trial] = field(default_factory=list)

    @property
    def at_once(self) -> int:
        """How many of its workers can be at work at a time."""
        return 1 if self.backend == "serial" else self.workers

    @property
    def name(self) -> str:
        """`threads × 4`."""
        return self.backend if self.backend == "serial" else f"{self.backend} × {self.workers}"

    @property
    def python_title(self) -> str:
        """`Python 3.13.0 free-threaded`."""
        return f"Python {self.version}{' free-threaded' if self.free_threaded else ''}"

    @property
    def good(self) -> list[Trial]:
        """The trials that count."""
        return [trial for trial in self.trials if not trial.error]

    @property
    def error(self) -> str:
        """Why there is no trial that counts; empty when there is one (or none has been run yet)."""
        return "" if self.good or not self.trials else self.trials[-1].error

    @property
    def throughput(self) -> Spread | None:
        """Steps a second."""
        return Spread.of([trial.per_s for trial in self.good]) if self.good else None

    @property
    def typical(self) -> Trial | None:
        """The trial in the middle, by throughput: the one to look at."""
        ordered = sorted(self.good, key=lambda trial: trial.per_s)
        return ordered[(len(ordered) - 1) // 2] if ordered else None

    def middle(self, what: str) -> float:
        """Median of a number of the trials that count (an attribute of Trial); 0 without any."""
        return float(median(getattr(trial, what) for trial in self.good)) if self.good else 0.0

    def least(self, what: str) -> float:
        """What all but the furthest of those trials reach at least; 0 without any."""
        return Spread.of([float(getattr(trial, what)) for trial in self.good]).least if self.good else 0.0

    def share(self, what: str) -> float:
        """Median share of the workers' time, by WHERE."""
        return float(median(trial.share(what) for trial in self.good)) if self.good else 0.0

    def points(self, what: str) -> float:
        """How far that may be off either way, in points: as far as the trials lie from one another, or as sampling
        leaves it open, whichever is more."""
        if not self.good:
            return 0.0
        between = Spread.of([trial.share(what) for trial in self.good])
        sampling = median(trial.points.get(what, 0.0) for trial in self.good)
        return max(100 * (between.most - between.least) / 2, sampling)

    def surely(self, what: str) -> float:
        """The least share that the numbers leave open."""
        return max(0.0, self.share(what) - self.points(what) / 100)

    def share_in_words(self, what: str) -> str:
        """`61 % ± 2`."""
        return percent(self.share(what)) + doubt(self.points(what))


@dataclass
class Result:
    """A comparison. `complete`: every trial was run; otherwise it was cancelled, or goes on."""

    title: str
    workload: dict[str, Any]
    cores: int
    repeats: int
    variants: list[VariantResult]
    notes: list[str] = field(default_factory=list)
    complete: bool = False
    planned: int = 0  # trials that count

    @property
    def baseline(self) -> VariantResult | None:
        """What speed-ups refer to: that of the first interpreter."""
        return self.baseline_on(self.variants[0].python) if self.variants else None

    def baseline_on(self, python: str) -> VariantResult | None:
        """Of one interpreter (its path): serial, else the fewest workers of the first backend."""
        known = [variant for variant in self.variants if variant.python == python and variant.throughput]
        serial = [variant for variant in known if variant.backend == "serial"]
        return serial[0] if serial else min(known, key=lambda variant: variant.workers, default=None)

    def full_name(self, variant: VariantResult) -> str:
        """`threads × 4`, and on which Python where there are several."""
        several = any(other.python != variant.python for other in self.variants)
        return f"{variant.name} on {variant.python_title}" if several else variant.name

    def speed_up(self, variant: VariantResult) -> Spread | None:
        """How many times as fast as the baseline. Least and most compare the slowest with its fastest and the other way
        round; the baseline's own compare its trials with their median."""
        return self._against(variant, self.baseline)

    @staticmethod
    def _against(variant: VariantResult, base: VariantResult | None) -> Spread | None:
        own = variant.throughput
        if base is None or base.throughput is None or own is None or not base.throughput.least:
            return None
        to = base.throughput
        if variant is base:
            to = Spread(to.median, to.median, to.median)
        return Spread(own.median / to.median, own.least / to.most, own.most / to.least)

    def memory(self, variant: VariantResult) -> float:
        """Bytes of all processes, of every variant in the same way: PSS, or RSS where one was too short to tell PSS."""
        measured = [other for other in self.variants if other.good]
        how = "memory_bytes" if all(other.middle("memory_bytes") for other in measured) else "resident_bytes"
        return variant.middle(how)

    def efficiency(self, variant: VariantResult) -> Spread | None:
        """Speed-up over the same Python's baseline, by how many times as many workers there are at a time: 1 is as good
        as it gets.
        """
        base = self.baseline_on(variant.python)
        found = self._against(variant, base)
        if base is None or found is None:
            return None
        more = variant.at_once / base.at_once
        return Spread(found.median / more, found.least / more, found.most / more)

    @property
    def remarks(self) -> list[str]:
        """What was left out, and what the numbers should be taken with a pinch of salt for."""
        return [*self.notes, *self.failures, *self._short_runs(), *self._disturbed_runs()]

    @property
    def failures(self) -> list[str]:
        """What could not be measured, and why: a line for each reason."""
        names: dict[str, list[str]] = {}
        for variant in self.variants:
            if variant.error:
                names.setdefault(variant.error, []).append(self.full_name(variant))
        return [f"Not measured: {', '.join(subjects)}: {error}." for error, subjects in names.items()]

    def _disturbed_runs(self) -> list[str]:
        measured = [trial.others_cores for variant in self.variants for trial in variant.good]
        usual = median(measured) if measured else 0.0
        if usual < DISTURBING * self.cores:
            return []
        return [
            f"Other programs used {usual:.1f} of the {count(self.cores, 'core')} meanwhile (median of the runs): what"
            " computes was slowed down, and with it speed-up and efficiency."
        ]

    def _short_runs(self) -> list[str]:
        short = [variant for variant in self.variants if variant.good and variant.middle("span_ns") < SHORT_NS]
        if not short:
            return []
        names = ", ".join(dict.fromkeys(variant.name for variant in short[:3])) + (" and others" if short[3:] else "")
        least = duration(min(variant.middle("span_ns") for variant in short))
        return [
            f"Runs were short ({names}: {least} at the least), so what else the machine did and starting up weigh much"
            " in them: more work in each run gives steadier numbers.",
        ]

    def to_data(self) -> dict[str, Any]:
        """As JSON: what was measured and all that follows from it."""
        from engine.comparison.advice import findings
        from engine.comparison.traits import table

        return {
            "schema": SCHEMA,
            "title": self.title,
            "workload": self.workload,
            "cores": self.cores,
            "repeats": self.repeats,
            "complete": self.complete,
            "planned": self.planned,
            "baseline": self.variants.index(self.baseline) if self.baseline else None,
            "variants": [self._variant(variant) for variant in self.variants],
            "table": [asdict(row) for row in table(self)],
            "findings": findings(self),
            "notes": self.notes,
            "remarks": self.remarks,
        }

    def _variant(self, variant: VariantResult) -> dict[str, Any]:
        throughput, speed_up, typical = variant.throughput, self.speed_up(variant), variant.typical
        efficiency = self.efficiency(variant)
        return {
            "backend": variant.backend,
            "workers": variant.workers,
            "python": variant.python,
            "version": variant.version,
            "free_threaded": variant.free_threaded,
            "error": variant.error,
            "per_s": asdict(throughput) if throughput else None,
            "unit": typical.unit if typical else "",
            "speed_up": asdict(speed_up) if speed_up else None,
            "efficiency": asdict(efficiency) if efficiency else None,
            "memory_bytes": int(self.memory(variant)),
            "start_up_ns": int(variant.middle("start_up_ns")),
            "where": {what: round(variant.share(what), 4) for what in WHERE},
            "where_points": {what: round(variant.points(what), 1) for what in WHERE},
            "recording": typical.recording if typical else None,
            "trials": [trial.to_data() for trial in variant.trials],
        }

    @classmethod
    def from_data(cls, data: Any) -> "Result":
        """NotAComparison when it is none."""
        try:
            if data["schema"] != SCHEMA:
                raise NotAComparison(f"this comparison has schema {data['schema']!r}; this program reads {SCHEMA}")
            variants = [
                VariantResult(
                    backend=each["backend"], workers=each["workers"], python=each["python"], version=each["version"],
                    free_threaded=each["free_threaded"], trials=[Trial.from_data(trial) for trial in each["trials"]],
                )
                for each in data["variants"]
            ]  # fmt: skip
            return cls(
                data["title"], data["workload"], data["cores"], data["repeats"], variants, data["notes"],
                data["complete"], data.get("planned", data["repeats"] * len(variants)),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, NotAComparison):
                raise
            raise NotAComparison(f"this is no comparison: {error} is not as it should be") from None


def save(result: Result, folder: Path) -> Path:
    """Writes it into the folder, whole or not at all. OSError when that cannot be done."""
    path = folder / FILE_NAME
    descriptor, name = tempfile.mkstemp(prefix=".comparison-", dir=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(result.to_data(), file, ensure_ascii=False, indent=1)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    return path


def load(path: Path) -> Result:
    """The comparison in a file, or in the file of a folder. OSError; NotAComparison."""
    file = path / FILE_NAME if path.is_dir() else path
    try:
        return Result.from_data(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        if isinstance(error, NotAComparison):
            raise
        raise NotAComparison(f"{file.name} is no comparison: it is not JSON") from None
