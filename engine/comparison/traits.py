"""The classic table of backends: memory space, GIL impact, use case, communication; each cell a number of this machine.

Of every backend (and interpreter) the variant with the most workers stands for it, and each cell names the recording of
a trial that showed its number.
"""

from dataclasses import dataclass

from engine.backends import registry
from engine.comparison.result import Result, VariantResult
from engine.model.format import duration, percent, rate, size

OUTSIDE_SHARE = 0.25  # of the time, from which it is said
COLUMNS = ("memory space", "GIL impact", "use case", "communication")


@dataclass(frozen=True)
class Cell:
    """Words with a number in them, and the recording that showed it."""

    text: str
    recording: str


@dataclass(frozen=True)
class Row:
    """A backend on an interpreter; cells by COLUMNS."""

    name: str  # `threads × 4`
    backend: str
    workers: int
    python: str
    cells: dict[str, Cell]


def table(result: Result) -> list[Row]:
    """One row for each backend and interpreter that was measured."""
    widest: dict[tuple[str, str], VariantResult] = {}
    for variant in result.variants:
        if variant.good:
            former = widest.get((variant.python, variant.backend))
            if former is None or variant.workers > former.workers:
                widest[variant.python, variant.backend] = variant
    return [_row(result, variant) for variant in widest.values()]


def _row(result: Result, variant: VariantResult) -> Row:
    trial = variant.typical
    recording = trial.recording if trial else ""
    texts = (_memory(result, variant), _gil(variant), _use(result, variant), _communication(variant))
    cells = {name: Cell(text, recording) for name, text in zip(COLUMNS, texts, strict=True)}
    return Row(variant.name, variant.backend, variant.workers, variant.python_title, cells)


def _memory(result: Result, variant: VariantResult) -> str:
    space = "one for each process" if registry.get(variant.backend).uses_processes else "shared"
    if variant.backend == "sub-interpreters":
        space = "one, objects kept apart"
    used = result.memory(variant)
    base = result.baseline_on(variant.python)
    if not used:
        return f"{space}; not measured: not to be had here, or the run was too short"
    if base is None or variant is base or not result.memory(base):
        return f"{space}, {size(used)} in all"
    more = (used - result.memory(base)) / variant.workers
    return f"{space}, {size(used)} in all, {f'{size(more)} a worker' if more > 0 else f'no more than {base.name}'}"


def _gil(variant: VariantResult) -> str:
    if variant.free_threaded:
        return f"no GIL; {variant.share_in_words('GIL wait')} of the workers' time waited for one"
    if not all(trial.sampled for trial in variant.good):
        return "not measured on this system"
    kind = "a GIL each" if _own_gils(variant.backend) else "one GIL"
    return f"{kind}, {variant.share_in_words('GIL wait')} of the workers' time waited for it"


def _own_gils(backend: str) -> bool:
    return registry.get(backend).uses_processes or backend == "sub-interpreters"


def _use(result: Result, variant: VariantResult) -> str:
    speed_up, base = result.speed_up(variant), result.baseline
    if speed_up is None or base is None:
        return "not measured"
    if variant is base:
        return f"the yardstick: {rate(variant.throughput.median) if variant.throughput else 0} a second"
    start_up_ns = variant.middle("start_up_ns")
    started = f", started in {duration(start_up_ns)}" if start_up_ns else ""
    return f"{speed_up.median:.2f} times {result.full_name(base)} here{started}{_busy(variant)}"


def _busy(variant: VariantResult) -> str:
    """What this work asks of a backend: whether it computes, or waits for something outside."""
    outside = variant.share("I/O") + variant.share("sleep")
    return f"; {percent(outside)} of the time outside Python" if outside >= OUTSIDE_SHARE else ""


def _communication(variant: VariantResult) -> str:
    waits = variant.share("lock wait") + variant.share("wait")
    if variant.backend == "serial":
        return f"none: one thread, {percent(waits)} of its time in waits"
    if registry.get(variant.backend).uses_processes:
        return f"copied through pipes, {variant.share_in_words('IPC')} of the workers' time waited for them"
    if variant.backend == "sub-interpreters":
        return f"copied through queues, {percent(waits)} of the workers' time in waits"
    return f"the same objects, {percent(waits)} of the workers' time waited for each other"
