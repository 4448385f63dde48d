"""The ruler's steps and the texts of its marks."""

import math
from collections.abc import Callable
from typing import NamedTuple

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_LONG_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def _digits(resolution_ns: float) -> int:
    """Digits of a second that a resolution is worth."""
    return min(9, max(0, math.ceil(-math.log10(max(resolution_ns, 1.0) / 1e9) - 1e-9)))


def time_text(time_ns: float, resolution_ns: float) -> str:
    """A time since the recording's start in seconds, as exact as `resolution_ns` makes sense: `1.2021 s`, `2:05.3`."""
    digits = _digits(resolution_ns)
    if abs(time_ns) < 60e9:
        return f"{time_ns / 1e9:.{digits}f} s"
    sign = "-" if time_ns < 0 else ""
    seconds = abs(time_ns) / 1e9
    minutes = int(seconds // 60)
    rest = f"{seconds - minutes * 60:0{3 + digits if digits else 2}.{digits}f}"
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{rest}" if minutes >= 60 else f"{sign}{minutes}:{rest}"


def clock_text(time_ns: float, resolution_ns: float) -> str:
    """A time since midnight as clocks show it, as exact as `resolution_ns` makes sense: `14:03:22.104`."""
    digits = _digits(resolution_ns)
    ticks = round(time_ns / 1e9 * 10**digits)
    seconds, fraction = divmod(ticks, 10**digits)
    text = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:0{digits}}" if digits else text


def nice_step(ns_per_px: float, apart_px: float) -> float:
    """The smallest of 1, 2, 5 × 10^k ns (from a second on: clock-like steps) that is at least `apart_px` wide."""
    least = max(ns_per_px * apart_px, 1.0)
    if least > 1e9:
        for step in _LONG_STEPS_S:
            if step * 1e9 >= least:
                return step * 1e9
        return math.ceil(least / 86400e9) * 86400e9
    power = 10.0 ** math.floor(math.log10(least) + 1e-9)
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


class Tick(NamedTuple):
    """One mark of the ruler: time in ns since what times are told from, and its text."""

    time_ns: float
    text: str


class Ticks(NamedTuple):
    """The ruler's marks in view. With a `base`, texts are offsets from it and the base belongs at the left edge."""

    step_ns: float
    base: Tick | None
    marks: list[Tick]


def ruler_ticks(
    start_ns: float,
    end_ns: float,
    ns_per_px: float,
    apart_px: float = 96,
    text: Callable[[float, float], str] = time_text,
    plain_from_ns: float = 1e9,
    beside_ns: float = 0.0,
) -> Ticks:
    """Marks between two times (since whatever they are told from), `apart_px` apart or a little more.

    Steps of `plain_from_ns` and more have full times, however many digits that takes. Marks that are up to `beside_ns`
    before or after come, too.
    """
    step = nice_step(ns_per_px, apart_px)
    first = math.ceil((start_ns - beside_ns) / step - 1e-9)
    count = int(max(0, math.floor((end_ns + beside_ns) / step + 1e-9) - first + 1))
    times = [(first + place) * step for place in range(count)]
    base = ruler_base(start_ns, end_ns, step, plain_from_ns)
    if base is None:
        return Ticks(step, None, [Tick(time, text(time, step)) for time in times])
    marks = [Tick(time, "+" + _offset_text(time - base, step)) for time in times]
    return Ticks(step, Tick(base, text(base, _coarse(start_ns, end_ns))), marks)


def ruler_base(start_ns: float, end_ns: float, step_ns: float, plain_from_ns: float = 1e9) -> float | None:
    """What the marks between these times are told as offsets from: None as long as full times are short enough."""
    # Once a full time would need more than six digits to tell neighbours apart.
    digits = math.log10(max(abs(start_ns), abs(end_ns), step_ns) / step_ns)
    if digits < 4.5 or step_ns >= plain_from_ns:
        return None
    coarse = _coarse(start_ns, end_ns)
    return math.floor(start_ns / coarse) * coarse


def _coarse(start_ns: float, end_ns: float) -> float:
    return 10.0 ** math.ceil(math.log10(end_ns - start_ns))


def _offset_text(offset_ns: float, step_ns: float) -> str:
    unit, name = next((unit, name) for unit, name in _UNITS if step_ns * 20 >= unit or unit == 1.0)
    digits = max(0, math.ceil(math.log10(unit / step_ns) - 1e-9))
    return f"{offset_ns / unit:.{digits}f} {name}"
