"""Figures that keep their width while they change; `engine.model.format` puts numbers into words."""

from engine.model.attribution import doubt

FIGURE_SPACE = "\u2007"  # as wide as a digit


def padded(text: str, width: int) -> str:
    """Right-aligned by spaces of a digit's width."""
    return FIGURE_SPACE * (width - len(text)) + text


def fixed_percent(share: float) -> str:
    """A share of 1 with one decimal, as wide as 100.0 %."""
    return padded(f"{100 * share:.1f}", 5) + " %"


def unsure_percent(share: float, points: float) -> str:
    """`61 ± 2 %` with narrow spaces: a share of 1 that is sure within so many points."""
    return f"{100 * share:.0f}{doubt(points)} %".replace(" ± ", "\u2009±\u2009")


def grouped(number: int) -> str:
    """12 345 with narrow spaces."""
    return f"{number:,}".replace(",", "\u202f")


def elapsed(seconds: float) -> str:
    """00:12, 1:02:03."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes:02d}:{left:02d}"
