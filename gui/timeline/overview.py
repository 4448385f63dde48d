"""The strip above the timeline: the whole recording at a glance, with a window that can be dragged, and markers."""

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from engine.model.model import Model
from gui.frame_budget import FrameBudget
from gui.state.view_window import MARGIN, ViewWindow
from gui.theme import ActiveTheme
from gui.timeline.layout.time_scale import TimeScale
from gui.timeline.pixels.raster import Raster
from gui.timeline.pixels.strip import Strip, StripPicture

HEIGHT_PX = 40
EDGE_PX = 6  # at either side of the window's edges, where it is resized
LEAST_WINDOW_PX = 6
MARKER_PX = 6  # width and height of a marker
MARKER_REACH_PX = 4
MANY_MARKERS = 40  # from here on they are lines without a triangle
PAN_STEP = 0.1  # of the view
ZOOM_STEP = 1.25
COLUMN_PX = 2  # device px per column
LIVE_COLUMN_PX = 4  # while data arrive
GO_ON_MS = 16
STEP_S = 0.002  # of a frame that a piece of the picture takes
LATEST_S = 0.6
LIGHT_STEP_S, LIGHT_LATEST_S = 0.0008, 0.1  # the same where little is left to be counted
REDRAW_S = 1.0  # while data arrive, the strip is drawn anew this often
STRETCH = 0.01  # or sooner, when the recording has become longer by this share: the old picture no longer fits
LEAST_REDRAW_S, LANE_S = 0.2, 0.001  # but not sooner than this, and than so much for each lane


@dataclass(frozen=True)
class Marker:
    """A place worth going to: a time (absolute ns), a role of the theme's colours, and what it is."""

    time_ns: float
    color: str
    tooltip: str


class _Grip(Enum):
    NONE = 0
    WINDOW = 1
    START = 2
    END = 3


class Overview(QWidget):
    """Stacked shares of states over the whole recording, and the view window in it."""

    def __init__(
        self,
        view: ViewWindow,
        themes: ActiveTheme,
        parent: QWidget | None = None,
        *,
        budget: FrameBudget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._view, self._themes, self._clock = view, themes, clock
        self._model: Model | None = None
        self._budget = budget or FrameBudget()
        self._picture = StripPicture()
        self._size = (0, 0)
        self._step_at = 0.0
        self._go_on = QTimer(self)  # with a picture that is being made
        self._go_on.setSingleShot(True)
        self._go_on.setInterval(GO_ON_MS)
        self._go_on.timeout.connect(self.update)
        self._drawn_at = 0.0
        self._drawn: object = None
        self._raster: Raster | None = None
        self._markers: list[Marker] = []
        self._marker_times: list[float] = []
        self._placing: tuple[TimeScale, QRectF] | None = None  # painted last
        self._grip = _Grip.NONE
        self._grip_offset = 0.0
        self.setFixedHeight(HEIGHT_PX)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Overview of the whole recording")
        self.setAccessibleDescription("Arrows move the window, plus and minus zoom, Home shows everything")
        view.changed.connect(self._on_view_changed)
        themes.changed.connect(self._on_theme_changed)

    def show_model(self, model: Model | None) -> None:
        self._model = model
        self._drawn = None
        self._picture = StripPicture()
        self.update()

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Shows these and no others."""
        self._markers = sorted(markers, key=lambda marker: marker.time_ns)
        self._marker_times = [marker.time_ns for marker in self._markers]
        self.update()

    def marker_at(self, x: float) -> Marker | None:
        """The marker nearest to a place, if it is near enough to be meant."""
        scale = self.scale()
        place = bisect_left(self._marker_times, scale.time(x))
        near = self._markers[max(place - 1, 0) : place + 1]
        best = min(near, key=lambda marker: abs(scale.x(marker.time_ns) - x), default=None)
        return best if best is not None and abs(scale.x(best.time_ns) - x) <= MARKER_REACH_PX else None

    def refresh(self) -> None:
        """The model has grown."""
        self.update()

    def scale(self) -> TimeScale:
        """The whole recording, with the margins that "fit all" leaves, over the strip's width."""
        start, end = self._view.limits
        margin = max(end - start, 1e6) * MARGIN
        return TimeScale.fit(start - margin, end + margin, self.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            theme, shown = self._themes.current, self._picture.shown
            if self._model is None or not self._model.lanes:
                painter.fillRect(self.rect(), theme.color("canvas"))
                return
            self._draw_if_due(self._model)
            if self._picture.shown is not shown and not event.rect().contains(self.rect()):
                self.update()
            self._paint_picture(painter)
            self._placing = _, window = self._placing_now()
            shade = theme.color("canvas")
            shade.setAlpha(150)
            painter.fillRect(QRectF(0, 0, window.left(), HEIGHT_PX), shade)
            painter.fillRect(QRectF(window.right(), 0, self.width() - window.right(), HEIGHT_PX), shade)
            painter.setPen(theme.color("accent"))
            painter.drawRect(window.adjusted(0, 0, -1, -2))
            for x in (window.left(), window.right() - 3):
                painter.fillRect(QRectF(x, HEIGHT_PX / 2 - 7, 3, 14), theme.color("accent"))
            self._paint_markers(painter)
            painter.fillRect(0, HEIGHT_PX - 1, self.width(), 1, theme.color("border"))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(theme.color("accent"))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_picture(self, painter: QPainter) -> None:
        """The picture at its own times: the recording may have become longer since it was made."""
        shown, scale = self._picture.shown, self.scale()
        left, right = (scale.x(shown.start_ns), scale.x(shown.end_ns)) if shown else (0.0, 0.0)
        if left > 0 or right < self.width():
            painter.fillRect(self.rect(), self._themes.current.color("lane"))
        if shown:
            painter.drawImage(QRectF(left, 0, right - left, HEIGHT_PX), self._picture.image)

    def _paint_markers(self, painter: QPainter) -> None:
        """One triangle hanging from the upper edge per place, a mere line each where they are many.

        Those that nobody could tell apart share one. The reader's own are on top.
        """
        scale, theme = self.scale(), self._themes.current
        by_color: dict[str, set[int]] = {}
        for marker in self._markers:
            by_color.setdefault(marker.color, set()).add(round(scale.x(marker.time_ns)))
        half = MARKER_PX / 2
        for color in sorted(by_color, key=lambda name: (name == "accent", name)):
            places = sorted(by_color[color])
            painter.setPen(theme.color(color))
            painter.drawLines([QLineF(x, 0, x, 2 * MARKER_PX) for x in places])
            if len(places) > MANY_MARKERS:
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(color))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            for x in places:
                painter.drawPolygon(QPolygonF([QPointF(x - half, 0), QPointF(x + half, 0), QPointF(x, MARKER_PX)]))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def event(self, event: QEvent) -> bool:
        """A tooltip where there is a marker."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            marker = self.marker_at(event.pos().x())
            QToolTip.showText(event.globalPos(), marker.tooltip if marker else "", self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view, key = self._view, event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            view.pan((1 if key == Qt.Key.Key_Right else -1) * view.span_ns * PAN_STEP)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Up):
            view.zoom(1 / ZOOM_STEP)
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Down):
            view.zoom(ZOOM_STEP)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            view.pan((1 if key == Qt.Key.Key_PageDown else -1) * view.span_ns)
        elif key == Qt.Key.Key_Home:
            view.fit_all()
        elif key == Qt.Key.Key_End:
            view.resume_following()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        marker = self.marker_at(x)
        if marker is not None and event.position().y() <= 2 * MARKER_PX:  # below that the window is to be dragged
            self._view.center_on(marker.time_ns)
            return
        self._grip = self._grip_at(x)
        if self._grip is _Grip.NONE:
            half = self._view.span_ns / 2
            middle = self.scale().time(x)
            self._view.show(middle - half, middle + half)
            self._grip = _Grip.WINDOW
        anchor = self._view.end_ns if self._grip is _Grip.END else self._view.start_ns
        self._grip_offset = self.scale().time(x) - anchor

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._grip is _Grip.NONE:
            grip = self._grip_at(x)
            edge = grip in (_Grip.START, _Grip.END)
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.ArrowCursor)
            return
        view, at = self._view, self.scale().time(x) - self._grip_offset
        if self._grip is _Grip.WINDOW:
            view.show(at, at + view.span_ns, gesture="overview")
        elif self._grip is _Grip.START:
            view.show(min(at, view.end_ns - 1), view.end_ns, gesture="overview")
        else:
            view.show(view.start_ns, max(at, view.start_ns + 1), gesture="overview")

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._grip = _Grip.NONE

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self._view.fit_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._view.zoom(ZOOM_STEP ** (-event.angleDelta().y() / 120))
        event.accept()

    def _window_rect(self) -> QRectF:
        """From one whole device pixel to another."""
        ratio = self.devicePixelRatioF()
        scale = self.scale()
        left, right = scale.x(self._view.start_ns), scale.x(self._view.end_ns)
        if right - left < LEAST_WINDOW_PX:
            middle = (left + right) / 2
            left, right = middle - LEAST_WINDOW_PX / 2, middle + LEAST_WINDOW_PX / 2
        left, right = max(left, 0.0), min(right, float(self.width()))
        left, right = round(left * ratio) / ratio, round(right * ratio) / ratio
        return QRectF(left, 0, max(right - left, 1.0), HEIGHT_PX)

    def _placing_now(self) -> tuple[TimeScale, QRectF]:
        """All of the view that the strip shows."""
        return self.scale(), self._window_rect()

    def _grip_at(self, x: float) -> _Grip:
        window = self._window_rect()
        if window.width() > 3 * EDGE_PX:
            if abs(x - window.left()) <= EDGE_PX:
                return _Grip.START
            if abs(x - window.right()) <= EDGE_PX:
                return _Grip.END
        return _Grip.WINDOW if window.left() - EDGE_PX <= x <= window.right() + EDGE_PX else _Grip.NONE

    def _draw_if_due(self, model: Model) -> None:
        """Draws the recording anew at intervals only; in between the last picture stays, which nobody can tell apart.

        A piece of it is made in a frame that has time for it, or at the latest so long after the one before.
        """
        ratio = self.devicePixelRatioF()
        column_px = COLUMN_PX if model.finished else LIVE_COLUMN_PX
        size = (round(HEIGHT_PX * ratio), max(round(self.width() * ratio / column_px), 1))
        now = self._clock()
        resized = self._size != size
        if self._raster is None:
            self._raster = Raster(self._themes.current, ratio)
            self._picture.colour(self._raster)
        # A paint may come between new data and the new limits, so both count.
        wanted = (model.version, self._view.limits)
        early = now - self._drawn_at < self._redraw_s() and not model.finished
        if resized or self._drawn is None or (wanted != self._drawn and not early and not self._picture.making):
            self._drawn_at, self._drawn = now, wanted
            scale = self.scale()
            strip = Strip(scale.start_ns, scale.duration(self.width()) / size[1], size[1], size[0])
            self._picture.begin(model, strip)
        if resized:
            self._size, self._raster = size, Raster(self._themes.current, ratio)
        if self._picture.making:
            first, light = self._picture.image.isNull(), self._picture.light
            late = now - self._step_at > (LIGHT_LATEST_S if light else LATEST_S)
            if first or late or self._budget.spare_s() > (LIGHT_STEP_S if light else STEP_S):
                self._step_at = now
                self._picture.step(model, self._raster)
            while first and self._picture.making and self._budget.spare_s() > STEP_S:
                self._picture.step(model, self._raster)
            if self._picture.making:
                self._go_on.start()

    def _redraw_s(self) -> float:
        """How old the picture may become while data arrive: a young recording outgrows it within moments."""
        start, end = self._view.limits
        lanes = len(self._model.lanes) if self._model is not None else 0
        return min(max(STRETCH * (end - start) / 1e9, LEAST_REDRAW_S, LANE_S * lanes), REDRAW_S)

    def _on_view_changed(self) -> None:
        """Only where the window was and is something is painted; nothing, when it has moved by less than a pixel."""
        before, now = self._placing, self._placing_now()
        if before is None or before[0] != now[0]:
            self.update()
        elif before != now:
            for _, window in (before, now):
                self.update(window.toAlignedRect())

    def _on_theme_changed(self) -> None:
        self._raster = None
        self.update()
