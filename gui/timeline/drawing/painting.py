"""How the canvas paints. A painted frame is kept: hovering repaints only what lies over it.

What has changed comes in a series of paints, none of them long: one that lays out all columns anew (other rows, another
height or zoom) makes what is bare and nothing else; exact cells, labels, arrows and the holds of a lit lock come in the
next ones, GO_ON_MS apart, less often while the recording is being taken in. Until then what was known of them goes
along with its lanes and times.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter

from engine.model.model import Model
from gui.frame_budget import FrameBudget
from gui.timeline.drawing.annotations import Annotations
from gui.timeline.drawing.frame import Frame, Look
from gui.timeline.drawing.overlays import Overlays
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.scene import Scene

if TYPE_CHECKING:
    from gui.timeline.canvas import Canvas

GO_ON_MS, OPENING_GO_ON_MS = 20, 60
RESERVE_MS = 10


class Painting:
    """Paints one canvas: the frame, and what lies over it. `layers` paint over the lanes, below the selection."""

    def __init__(self, canvas: "Canvas", budget: FrameBudget) -> None:
        self.layers: list[Callable[[QPainter, Scene], None]] = []
        self.annotations = Annotations()
        self._canvas = canvas
        self._frame: Frame | None = None
        self._stale = True
        self._budget = budget
        self._overlays = Overlays(canvas.themes.current)
        self._go_on = QTimer(canvas)  # for what has not been exact within the last paint's budget
        self._go_on.setSingleShot(True)
        self._go_on.timeout.connect(canvas.update)
        self._reserve = QTimer(canvas)
        self._reserve.setSingleShot(True)
        self._reserve.setInterval(RESERVE_MS)
        self._reserve.timeout.connect(self._on_reserve)

    def reserve_soon(self) -> None:
        """Gets ready for the greatest view there can be in the window, in events of its own."""
        self._reserve.start()

    def _on_reserve(self) -> None:
        window = self._canvas.window()
        if self._worn(self._canvas.geometry_now()).reserve(window.width(), window.height()):
            self._reserve.start()

    def invalidate(self) -> None:
        """The next paint makes a new frame."""
        self._stale = True

    @property
    def unfinished(self) -> bool:
        """Whether the next paint has something to make."""
        return self._stale

    def dress(self) -> None:
        """The theme has changed."""
        self._stale = True
        self._overlays = Overlays(self._canvas.themes.current)

    def settle(self, model: Model) -> None:
        """Makes everything in view exact, however long that takes."""
        scene = self._canvas.scene(model)
        frame, _ = self._fresh_frame(scene)
        frame.prepare(scene, math.inf)
        self._stale = False

    def paint_empty(self, painter: QPainter) -> None:
        """What there will be, while there are no lanes."""
        self._overlays.paint_empty(painter, self._canvas.rect(), *self._canvas.empty_text)

    def paint(self, painter: QPainter, model: Model, *, ringed: bool, whole: bool, free: bool) -> None:
        """`ringed` shows that the canvas has the keyboard. `whole`: all lanes are painted, else what lies round a field
        or a button over them: what this paint has made is not on screen yet. `free`: all of them, and nothing between.
        """
        left_s = self._budget.left_s()
        canvas = self._canvas
        owing = not whole and (self._stale or self._go_on.isActive())
        self._go_on.stop()
        scene = canvas.scene(model)
        geometry = scene.geometry
        frame, fresh = self._fresh_frame(scene)
        frame.paint(painter, scene, free=free)
        painter.setClipRect(geometry.names_px, 0, canvas.width() - geometry.names_px, canvas.height())
        self._paint_over_lanes(painter, scene, frame, fresh=fresh)
        painter.setClipping(False)
        if not len(scene.rows):
            room = canvas.rect().adjusted(geometry.names_px, RULER_PX, 0, 0)
            self._overlays.paint_empty(painter, room, *self._no_rows_text())
        if geometry.pinned:
            self._overlays.paint_pinned_edge(painter, geometry)
        for row, strong in ((canvas.hit.row, False), (canvas.selected_row, True)):
            if row is not None:
                self._overlays.paint_row_focus(painter, geometry, row, strong=strong)
        lines = canvas.tip()
        if lines and canvas.pointer is not None:
            self._overlays.paint_tooltip(painter, geometry, canvas.pointer.x(), canvas.pointer.y(), lines)
        if ringed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(canvas.themes.current.color("accent"))
            painter.drawRect(canvas.rect().adjusted(0, 0, -1, -1))
        if owing:
            self._come_back(scene)
        if fresh:
            self._budget.painting_s = left_s - self._budget.left_s() - frame.made_s

    def _come_back(self, scene: Scene) -> None:
        """There will be another paint, whatever happens."""
        self._go_on.start(OPENING_GO_ON_MS if scene.opening else GO_ON_MS)

    def _no_rows_text(self) -> tuple[str, str]:
        """Why no lane is shown, and how to see some again."""
        text = self._canvas.filters.text
        if text:
            return f"No lane matches “{text}”", "Shift+H shows all lanes again, so does Esc in the filter's field."
        return "All lanes are hidden", "Shift+H shows them again."

    def _fresh_frame(self, scene: Scene) -> tuple[Frame, bool]:
        """A frame of this scene, and whether something had to be made for it."""
        frame = self._worn(scene.geometry)
        fresh = self._stale
        if fresh:
            frame.prepare(scene, self._budget.spare_s())
            self._stale = not frame.complete
            if self._stale:
                self._come_back(scene)
        return frame, fresh

    def _worn(self, geometry: Geometry) -> Frame:
        """The frame, with the look that it should have by now."""
        canvas = self._canvas
        look = Look(canvas.themes.current, geometry.ratio, canvas.filters.states, geometry.shape)
        frame = self._frame = self._frame or Frame(look)
        self._stale = frame.wear(look) or self._stale
        return frame

    def _paint_over_lanes(self, painter: QPainter, scene: Scene, frame: Frame, *, fresh: bool) -> None:
        """`fresh`: the frame has been made in this paint."""
        geometry, model, canvas = scene.geometry, scene.model, self._canvas
        over, selection = self._overlays, canvas.selection
        busy = fresh and frame.busy
        if canvas.view.limits.end_ns and not model.finished:
            over.paint_now(painter, geometry, max(model.end_ns, canvas.view.limits.end_ns))
        for paint in self.layers:
            paint(painter, scene)
        if selection.primitive is not None:
            waits = frame.wait_boxes(scene, selection.primitive)
            over.paint_lit(painter, scene, selection.primitive, waits, rest=busy)
        if scene.deadlocked:
            over.paint_deadlocks(painter, scene)
        if selection.span is not None:
            over.paint_span(painter, geometry, selection.span, canvas.span_note(selection.span))
        if selection.hovered is not None and selection.hovered != selection.slice:
            over.paint_slice(painter, scene, selection.hovered, strong=False)
        if selection.slice is not None:
            over.paint_slice(painter, scene, selection.slice, strong=True)
        if canvas.measure.marks is not None:
            over.paint_measure(painter, scene, canvas.measure.marks)
        arrows = self.annotations.arrows(model, selection.hovered, selection.slice, rest=busy)
        over.paint_arrows(painter, scene, arrows)
        if not (over.complete and self.annotations.complete):
            self._come_back(scene)
        if selection.hover_ns is not None:
            over.paint_crosshair(painter, geometry, selection.hover_ns, scene.times)
