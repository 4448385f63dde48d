"""Links in the text of panels: to a lane, to what it did at some time, to a line of code."""

from html import escape
from urllib.parse import quote

from PySide6.QtCore import QUrl

from engine.model.entities import Site
from engine.model.model import Model

DECODED = QUrl.ComponentFormattingOption.FullyDecoded


def lane_link(model: Model, lane: int) -> str:
    """The lane's name."""
    return f'<a href="lane:{lane}">{escape(model.lane_label(lane))}</a>'


def line_link(site: Site | None) -> str:
    """`bank.py:40`; words when it is not known."""
    if site is None:
        return "an unknown line"
    return f'<a href="line:{quote(site.file)}:{site.line}">{escape(site.label)}</a>'


def moment_link(lane: int, time_ns: int, text: str) -> str:
    """To what a lane did at a time."""
    return f'<a href="moment:{lane}:{time_ns}">{escape(text)}</a>'


def linked_text(url: QUrl, kind: str) -> str | None:
    """What follows `kind:` in a link of this kind."""
    return url.path(DECODED) if url.scheme() == kind else None


def linked_lane(url: QUrl) -> int | None:
    """The lane that a link leads to."""
    lane = linked_text(url, "lane")
    return int(lane) if lane is not None else None


def linked_line(url: QUrl) -> tuple[str, int] | None:
    """File and line that a link leads to."""
    place = linked_text(url, "line")
    if place is None:
        return None
    file, _, line = place.rpartition(":")
    return file, int(line)


def linked_moment(url: QUrl) -> tuple[int, int] | None:
    """The lane and the time (ns) that a link leads to."""
    moment = linked_text(url, "moment")
    if moment is None:
        return None
    lane, _, time_ns = moment.partition(":")
    return int(lane), int(time_ns)
