"""One frame of the timeline: lanes as one image made by numpy, then labels, names and ruler."""

import math
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter

from engine.recording.schema import State
from gui.theme import Theme
from gui.timeline.drawing.lane_labels import LaneLabels
from gui.timeline.drawing.names import Names
from gui.timeline.drawing.ruler import Ruler
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.row_shape import RowShape
from gui.timeline.layout.scene import Scene
from gui.timeline.pixels.columns import LaneColumns
from gui.timeline.pixels.lane_pixels import LanePixels
from gui.timeline.pixels.raster import Raster


class Look(NamedTuple):
    """What a frame looks like, whatever it shows. `states`: those that are not dimmed, all when empty."""

    theme: Theme
    ratio: float
    states: frozenset[State]
    shape: RowShape


class Frame:
    """Makes frames and paints them as often as asked."""

    def __init__(self, look: Look) -> None:
        self._look = look
        raster = Raster(*look)
        self._columns = LaneColumns(raster)
        self._pixels = LanePixels(raster)
        self._labels = LaneLabels(*look)
        self._names = Names(look.theme, look.shape)
        self._ruler = Ruler(look.theme, look.ratio)
        self._rows_end = 0

    def wear(self, look: Look) -> bool:
        """Looks like this from the next `prepare` on, which is needed if this returns True."""
        before, self._look = self._look, look
        if look == before:
            return False
        raster = Raster(*look)
        self._columns.wear(raster)
        self._pixels.wear(raster)
        self._labels = LaneLabels(*look)
        if (look.theme, look.shape) != (before.theme, before.shape):
            self._names = Names(look.theme, look.shape)
        if (look.theme, look.ratio) != (before.theme, before.ratio):
            self._ruler = Ruler(look.theme, look.ratio)
        return True

    @property
    def complete(self) -> bool:
        """Everything in view is exact; else the next `prepare` goes on."""
        return self._columns.complete and self._labels.complete

    @property
    def busy(self) -> bool:
        """The last `prepare` has laid out everything anew, or does so in turns: what else there is to do can wait."""
        return self._columns.anew or self._columns.zooming

    @property
    def made_s(self) -> float:
        """Thread CPU time that the last `prepare` has spent on exact cells."""
        return self._columns.made_s

    def reserve(self, width: int, height: int) -> bool:
        """Gets a piece of what a view of this size (logical px) needs ready; whether there is more to be done."""
        return self._pixels.reserve(round(width * self._look.ratio), round(height * self._look.ratio))

    def prepare(self, scene: Scene, budget_s: float) -> None:
        """Makes what `paint` needs, exact cells within a budget (s). To be called when the scene has changed."""
        geometry, columns = scene.geometry, self._columns
        # Either one or the other.
        columns.update(scene, budget_s, rest=self._labels.overdue and not math.isinf(budget_s))
        self._labels.place(scene, columns)
        self._rows_end = geometry.place_top(geometry.rows_in_view)

    def paint(self, painter: QPainter, scene: Scene, *, free: bool) -> None:
        """Paints what was prepared: the lanes in one image, then labels, names and ruler. `free`: nothing clips or
        covers the lanes' area."""
        geometry, ratio = scene.geometry, self._look.ratio
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # to device pixels, where nothing is ever stretched
        left, top = round(geometry.names_px * ratio), round(RULER_PX * ratio)
        room = QRect(left, top, geometry.columns, round(geometry.height * ratio) - top)
        self._pixels.paint(painter, room, self._columns, free=free)
        self._labels.paint(painter)
        painter.restore()
        if self._rows_end < geometry.height:
            rest = geometry.height - self._rows_end
            painter.fillRect(geometry.names_px, self._rows_end, geometry.width, rest, self._look.theme.color("canvas"))
        self._names.paint(painter, scene)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        self._ruler.paint(painter, geometry, scene.times)
        painter.restore()

    def wait_boxes(self, scene: Scene, primitive: int) -> list[QRectF]:
        """Where the wide waits for a primitive are, in logical px."""
        return self._labels.wait_boxes(scene, primitive)
