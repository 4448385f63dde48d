"""A comparison as text for a terminal."""

import textwrap

from engine.comparison.result import Result, Spread, VariantResult
from engine.comparison.traits import COLUMNS, table
from engine.comparison.trial import WHERE
from engine.model.format import count, duration, percent, rate, size

WIDTH = 100
BAR = 40  # characters of a full bar
SYMBOLS = dict(zip(WHERE, "█▒░LwqiszSi", strict=True)) | {"unknown": "?", "start-up": "S", "idle": "·"}


def render(result: Result) -> str:
    """Numbers, bars of where the time went, the table, findings and notes."""
    parts = [_head(result), _numbers(result), _bars(result), _table(result), _findings(result), _notes(result)]
    return "\n\n".join(part for part in parts if part)


def _head(result: Result) -> str:
    measured = sum(len(variant.trials) for variant in result.variants)
    state = "" if result.complete else f"; not complete: {measured} of {result.planned} trials"
    counts = sorted({len(variant.trials) for variant in result.variants if variant.good})
    each = f"{counts[0]} to {counts[-1]} trials" if counts[1:] else count(counts[0], "trial") if counts else "no trial"
    return (
        f"{result.title}: {count(len(result.variants), 'variant')}, {each} each, {count(result.cores, 'core')}{state}"
    )


def _numbers(result: Result) -> str:
    lines = [
        f"{'':<26}{'per second':>11}{'spread':>17}{'speed-up':>21}{'efficiency':>19}{'start-up':>10}{'memory':>10}"
    ]
    python = ""
    for variant in result.variants:
        if variant.python_title != python:
            python = variant.python_title
            lines.append(python)
        lines.append(_line(result, variant))
    return "\n".join(lines)


def _line(result: Result, variant: VariantResult) -> str:
    throughput, speed_up, efficiency = variant.throughput, result.speed_up(variant), result.efficiency(variant)
    name = f"  {variant.name:<24}"
    if throughput is None:
        return f"{name}  {variant.error or 'not run'}"
    spread = f"{rate(throughput.least)} – {rate(throughput.most)}" if len(variant.good) > 1 else "one trial"
    times = f"{speed_up.median:.2f} ({speed_up.least:.2f} – {speed_up.most:.2f})" if speed_up else ""
    if variant is result.baseline:
        times = "1.00 (the yardstick)"
    share = _efficiency(efficiency, several=len(variant.good) > 1) if efficiency else ""
    start_up = duration(variant.middle("start_up_ns")) if variant.middle("start_up_ns") else "–"
    memory = size(used) if (used := result.memory(variant)) else "?"
    return f"{name}{rate(throughput.median):>11}{spread:>17}{times:>21}{share:>19}{start_up:>10}{memory:>10}"


def _efficiency(found: Spread, *, several: bool) -> str:
    between = f" ({100 * found.least:.0f} – {100 * found.most:.0f})" if several else ""
    return percent(found.median) + between


def _bars(result: Result) -> str:
    measured = [variant for variant in result.variants if variant.good]
    if not measured:
        return ""
    used = [what for what in WHERE if any(variant.share(what) >= 0.005 for variant in measured)]
    lines = ["Where the workers' time went"]
    python = ""
    for variant in measured:
        if variant.python_title != python:
            python = variant.python_title
            lines.append(python)
        bar, at, before = "", 0.0, 0
        for what in used:
            at += variant.share(what) * BAR
            bar += SYMBOLS[what] * (round(at) - before)
            before = round(at)
        most = sorted(used, key=variant.share, reverse=True)[:3]
        words = ", ".join(f"{what} {variant.share_in_words(what)}" for what in most if variant.share(what) >= 0.01)
        lines.append(f"  {variant.name:<24}{bar:<{BAR}}  {words}")
    lines.append("  " + "  ".join(f"{SYMBOLS[what]} {what}" for what in used))
    return "\n".join(lines)


def _table(result: Result) -> str:
    lines = []
    for row in table(result):
        lines.append(f"{row.name}, {row.python}")
        lines += [f"  {name:<15}{row.cells[name].text}" for name in COLUMNS]
    return "\n".join(lines)


def _findings(result: Result) -> str:
    from engine.comparison.advice import findings

    lines = []
    for finding in findings(result):
        lines.append(f"  {finding['title']}")
        for text in (finding["explanation"], finding["advice"]):
            lines += textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(["Findings", *lines]) if lines else "Findings: none that the numbers carry"


def _notes(result: Result) -> str:
    lines = ["Notes"]
    for remark in result.remarks:
        lines += textwrap.wrap(remark, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines) if lines[1:] else ""
