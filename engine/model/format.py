"""The one place where numbers become words: times, shares, sizes, counts."""


def duration(ns: float) -> str:
    """`850 ns`, `12.3 µs`, `8.1 ms`, `1.25 s`, `2 min 05 s`, `1 h 12 min`: three digits that matter."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    for limit, unit, name in ((999.5, 1, "ns"), (999.5e3, 1e3, "µs"), (999.5e6, 1e6, "ms"), (59.95e9, 1e9, "s")):
        if ns < limit:
            value = ns / unit
            digits = 0 if unit == 1 or value >= 99.95 else 1 if value >= 9.995 else 2 if unit == 1e9 else 1
            return f"{sign}{value:.{digits}f} {name}"
    seconds = round(ns / 1e9)
    if seconds < 3600:
        return f"{sign}{seconds // 60} min {seconds % 60:02d} s"
    return f"{sign}{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def percent(share: float) -> str:
    """A share of 1 as `61 %`; `< 1 %` rather than a false nothing."""
    value = share * 100
    return "0 %" if value <= 0 else "< 1 %" if value < 0.95 else f"{value:.0f} %"


def size(count: float) -> str:
    """Bytes as `812 B`, `4.2 MB`."""
    for limit, unit, name in ((1e3, 1, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB")):
        if count < limit:
            return f"{count / unit:.0f} {name}" if unit == 1 or count / unit >= 100 else f"{count / unit:.1f} {name}"
    return f"{count / 1e9:.1f} GB"


def count(number: float, thing: str, things: str | None = None) -> str:
    """`1 lane`, `3 lanes`, `12 400 lanes` (narrow spaces between thousands)."""
    text = f"{number:,.0f}".replace(",", "\u202f")
    return f"{text} {thing if number == 1 else things or thing + 's'}"


def rate(per_s: float) -> str:
    """Things a second as `0.52`, `48.3`, `712`, `1.08 k`, `1.15 M`: three digits that matter."""
    value, name = per_s, ""
    for unit in (" k", " M", " G"):
        if value < 999.5:
            break
        value, name = value / 1000, unit
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}{name}"
