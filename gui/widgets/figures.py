"""Numbers for people: with a unit, three significant figures, and the same width for the same kind of thing."""

_DURATIONS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_SIZES = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))
FIGURE_SPACE = "\u2007"  # as wide as a digit


def duration(ns: float) -> str:
    """8.12 ms, 40.0 µs, 1 min 12 s."""
    if ns >= 60e9:
        return f"{int(ns // 60e9)} min {int(ns % 60e9 // 1e9):02d} s"
    if ns < 1:
        return "0 ns"
    for size, unit in _DURATIONS:
        if ns >= size * 0.9995 or unit == "ns":
            return f"{_three_figures(ns / size)} {unit}"
    raise AssertionError("the last unit fits everything")


def size(number: float) -> str:
    """512 B, 1.25 MiB."""
    for unit_size, unit in _SIZES:
        if number >= unit_size:
            return f"{number:.0f} B" if unit == "B" else f"{_three_figures(number / unit_size)} {unit}"
    return "0 B"


def count(number: int) -> str:
    """12 345 with narrow spaces."""
    return f"{number:,}".replace(",", "\u202f")


def percent(share: float) -> str:
    """A share of 1 in percent, padded to the width of 100.0 %."""
    return padded(f"{100 * share:.1f}", 5) + " %"


def padded(text: str, width: int) -> str:
    """Right-aligned by spaces of a digit's width."""
    return FIGURE_SPACE * (width - len(text)) + text


def elapsed(seconds: float) -> str:
    """00:12, 1:02:03."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes:02d}:{left:02d}"


def _three_figures(value: float) -> str:
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
