"""The strip beside the name of a process: which of its lanes had the GIL, one step per lane, in their order below."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter

from engine.model.format import percent
from engine.model.gil import NOBODY, STRANGER, Gil
from engine.model.model import Model
from engine.recording.schema import State
from gui.theme import FONT_SMALL_PX, ActiveTheme, Theme, ui_font
from gui.timeline.layout.geometry import Geometry
from gui.timeline.layout.rows import RowKind
from gui.timeline.layout.scene import Scene
from gui.timeline.layout.time_base import TimeBase

MARGIN_PX = 2  # above and below a strip
FEWEST_STEP_PX = 2.0  # of a lane's step; with more lanes than fit, steps overlap
GREATEST_STEP = 0.4  # of the strip's height
MOST_STRIPS = 4  # of interpreters without lanes of their own, in one row
LIVE_NS = 200_000_000  # the strip of what grows is made anew so often, in the time of the recording
TEXT_GAP_PX = 6


@dataclass(frozen=True)
class _Key:
    """What a strip depends on."""

    process: int
    first_column: int
    ns_per_column: float
    columns: int
    height: int
    lanes: tuple[int, ...]
    grown: int
    theme: str


@dataclass(frozen=True)
class _Strip:
    image: QImage
    text: str


class GilStrip:
    """A layer of the timeline's canvas. Paints into the header rows of expanded processes, which are empty else."""

    def __init__(self, themes: ActiveTheme) -> None:
        self._themes = themes
        self._strips: dict[int, tuple[_Key, _Strip]] = {}

    def paint(self, painter: QPainter, scene: Scene) -> None:
        """Paints the strips of all processes in view."""
        geometry, model = scene.geometry, scene.model
        if not len(model.gils):
            return
        for place, row in enumerate(scene.rows_in_view):
            if row.kind is RowKind.PROCESS and row.expanded and (gils := model.gils.of_process(row.process)):
                strip = self._strip(scene, row.process, gils[:MOST_STRIPS])
                self._draw(painter, geometry, geometry.place_top(place), strip)

    def _strip(self, scene: Scene, process: int, gils: list[Gil]) -> _Strip:
        geometry, model, theme = scene.geometry, scene.model, self._themes.current
        lanes = tuple(lane for lane in scene.rows.lanes() if model.lanes[lane].process == process)
        grown = min(model.end_ns, round(geometry.end_ns)) // LIVE_NS
        height = max(1, round((geometry.row_px - 2 * MARGIN_PX) * geometry.ratio))
        key = _Key(
            process, geometry.first_column, geometry.ns_per_column, geometry.columns, height, lanes, grown, theme.name
        )
        known = self._strips.get(process)
        if known is not None and known[0] == key:
            return known[1]
        parts = [_pixels(model, gil, lanes, geometry, height // len(gils), theme) for gil in gils]
        strip = _Strip(_image(np.concatenate(parts)), _load_text(model, gils[0], geometry))
        self._strips[process] = key, strip
        return strip

    def _draw(self, painter: QPainter, geometry: Geometry, top: int, strip: _Strip) -> None:
        theme = self._themes.current
        height = strip.image.height() / geometry.ratio
        width = geometry.columns / geometry.ratio
        painter.fillRect(QRectF(geometry.names_px, top, width, geometry.row_px), theme.color("group"))
        target = QRectF(geometry.names_px, top + MARGIN_PX, width, height)
        painter.drawImage(target, strip.image)
        if not strip.text:
            return
        font = ui_font(FONT_SMALL_PX)
        text_px = QFontMetrics(font).horizontalAdvance(strip.text) + 2 * TEXT_GAP_PX
        box = QRectF(geometry.width - text_px, top + 1, text_px, geometry.row_px - 2)
        painter.fillRect(box, theme.color("group"))
        painter.setFont(font)
        painter.setPen(theme.color("text_dim"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, strip.text)


def gil_lines(model: Model, process: int, time_ns: float, times: TimeBase, resolution_ns: float) -> list[str]:
    """What the tooltip says over a strip: who had the GIL then, where, and for how long it was seen so."""
    lines = []
    for gil in model.gils.of_process(process)[:MOST_STRIPS]:
        span = model.gils.at(gil.id, int(time_ns))
        if span is None:
            continue
        who = _who(model, span.lane)
        how = "inferred" if gil.inferred else "sampled"
        lines.append(f"{gil.label}: {who} ({how})")
        site = model.site(span.site) if span.site else None
        if site is not None:
            lines.append(f"at {site.label} in {site.function}")
        looks = f"seen {span.looks} times" if span.looks > 1 else "seen once"
        lines.append(f"{looks} from {times.text(span.start_ns, resolution_ns)}")
    return lines


def _who(model: Model, lane: int) -> str:
    if lane == NOBODY:
        return "free"
    return "taken by a thread without a lane" if lane == STRANGER else f"held by {model.lane_label(lane)}"


def _load_text(model: Model, gil: Gil, geometry: Geometry) -> str:
    process = model.processes[gil.process]
    last_ns = model.end_ns if process.end_ns is None else process.end_ns
    load = model.gils.load(gil.id, int(geometry.start_ns), min(int(geometry.end_ns), last_ns))
    if load is None:
        return ""
    waiting = f" · {load.waiting:.1f} waiting" if load.waiting >= 0.05 else ""
    return f"{gil.label} {percent(load.taken)} taken{waiting}"


def _pixels(
    model: Model, gil: Gil, lanes: tuple[int, ...], geometry: Geometry, height: int, theme: Theme
) -> np.ndarray:
    """ARGB (u4, height × columns): a block at the height of the lane that had the GIL, shades in turn."""
    holders, taken = model.gils.columns(gil.id, geometry.start_ns, geometry.ns_per_column, geometry.columns)
    places = {lane: place for place, lane in enumerate(lanes)}
    count = max(1, len(lanes))
    step = min(max(height / count, FEWEST_STEP_PX * geometry.ratio), GREATEST_STEP * height)
    known, inverse = np.unique(holders, return_inverse=True)
    place_of = np.array([places.get(int(holder), count) for holder in known])[inverse]
    shares = place_of / (count - 1) if count > 1 else np.full(len(place_of), 0.5)
    tops = np.where(place_of < count, shares * (height - step), height - step)
    tops = np.floor(tops).astype(int)
    bottoms = np.minimum(height, np.maximum(tops + 1, np.round(tops + step).astype(int)))
    shades = [_argb(theme.states[State.GIL_WAIT], alpha) for alpha in (255, 190)]
    colours = np.where(place_of < count, np.array(shades, np.uint32)[place_of % 2], _argb(theme.surfaces.text_dim, 160))
    y = np.arange(height)[:, None]
    shown = (y >= tops) & (y < bottoms) & (holders != NOBODY) & (taken > 0)
    ground = np.where(taken > 0, _argb(theme.states[State.GIL_WAIT], 28), 0).astype(np.uint32)
    return np.where(shown, colours, ground).astype(np.uint32)


def _argb(colour: str, alpha: int) -> int:
    """Of a #rrggbb, premultiplied."""
    red, green, blue = (int(colour[at : at + 2], 16) * alpha // 255 for at in (1, 3, 5))
    return alpha << 24 | red << 16 | green << 8 | blue


def _image(pixels: np.ndarray) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
