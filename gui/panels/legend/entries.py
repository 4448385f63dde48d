"""The entries of the legend: how a state or a mark looks, what it is called, how much of it there is."""

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from engine.model.attribution import ACCOUNTED, LOOKED_AT, WORTH_TELLING, points_in_words
from engine.model.format import duration, percent
from engine.recording.schema import State
from gui.theme import FONT_SMALL_PX, STATE_NAMES, Theme, ui_font
from gui.timeline.layout.row_shape import RowShape
from gui.timeline.pixels.raster import Raster
from gui.widgets.assistive import WRITTEN, give_role
from gui.widgets.figures import unsure_percent

SWATCH_PX = 20
SHAPE = RowShape()
SWATCH_HEIGHT_PX = SHAPE.hold_bottom - SHAPE.bar_top
WIDEST_UNSURE = "99\u2009±\u20099 %"


class Size(NamedTuple):
    """How much room entries take, px: height of a line, width of a swatch, what is free before, behind it and after."""

    line: int
    swatch: int
    before: int
    between: int
    after: int


ROOMY, DENSE = Size(28, SWATCH_PX, 8, 5, 6), Size(24, 12, 4, 4, 0)


class StateEntry(QAbstractButton):
    """A state: how it looks, its name, its share of the time in view and, where that is sampled, how sure it is."""

    chosen = Signal(object, bool)  # State, whether to add it to those shown

    def __init__(self, state: State, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self._size = ROOMY
        self._share: float | None = None
        self._points = 0.0
        self._time_ns = 0
        self._dimmed = False
        self._theme: Theme | None = None
        self._swatch = QImage()
        self._extend = False
        self._share_px = 0
        self.take_size(ROOMY)
        self._name, self._name_px = "", 0
        self.set_name(None)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the timeline its keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.clicked.connect(self._on_clicked)

    @property
    def share(self) -> float | None:
        return self._share

    @property
    def name(self) -> str:
        """What the state is called here."""
        return self._name

    def take_size(self, size: Size) -> None:
        """Takes so much room; with little, there is none for how sure the figure is."""
        self._size = size
        unsure = self._state in ACCOUNTED + LOOKED_AT and size is ROOMY
        self._share_px = QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(WIDEST_UNSURE if unsure else "100 %")

    def set_name(self, name: str | None) -> bool:
        """Calls the state otherwise than usual; None: as usual. Whether that is another name than before."""
        name = name or STATE_NAMES[self._state]
        if name == self._name:
            return False
        self._name = name
        self._name_px = QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(name)
        self.setAccessibleName(name)
        self.setToolTip(self.tip())
        self.update()
        return True

    def set_time(self, time_ns: int | None, whole_ns: int = 0, points: float = 0.0) -> None:
        """Time of all lanes in this state, of how much, sure within so many points; None: nothing to count."""
        before = self.figure
        self._share = None if time_ns is None else time_ns / whole_ns if whole_ns else 0.0
        self._time_ns, self._points = time_ns or 0, points
        if self.figure != before:
            self._describe()
            self.update()

    @property
    def figure(self) -> str:
        """What stands behind the name: `61 %`, or `61 ± 2 %` of what is sampled; empty: nothing to count."""
        if self._share is None:
            return ""
        if self._points < WORTH_TELLING:
            return percent(self._share)
        return unsure_percent(self._share, self._points)

    @property
    def fitting_figure(self) -> str:
        """As much of the figure as there is room for: `≈ 100 %` where it is very unsure."""
        if self._share is None or self._size is not ROOMY:
            return percent(self._share or 0.0)
        if QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(self.figure) <= self._share_px:
            return self.figure
        return f"≈\u2009{100 * self._share:.0f} %"

    def set_dimmed(self, dimmed: bool) -> None:
        self._dimmed = dimmed
        self._describe()
        self.update()

    def _describe(self) -> None:
        parts = (self.figure, "dimmed" if self._dimmed else "")
        self.setAccessibleDescription(", ".join(part for part in parts if part))

    def event(self, event: QEvent) -> bool:
        """A tip is written when it is asked for: the figures change many times a second."""
        if event.type() is QEvent.Type.ToolTip:
            self.setToolTip(self.tip())
        return super().event(event)

    def tip(self) -> str:
        """The figure in full, and what a click does."""
        click = f"Show only {self._name}; with Ctrl add it to what is shown. Again: show everything."
        if self._share is None:
            return click
        exact = f"{100 * self._share:.1f} %{points_in_words(self._points)}"
        return f"{self._name}: {exact} of the time in view, {duration(self._time_ns)} of all lanes together\n{click}"

    def set_theme(self, theme: Theme, raster: Raster) -> None:
        self._theme = theme
        self._swatch = swatch(raster, int(self._state), 0, 0)
        self.update()

    def sizeHint(self) -> QSize:
        size = self._size
        wide = size.before + size.swatch + size.between + self._name_px + 4 + self._share_px + size.after
        return QSize(wide, size.line)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._extend = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().mouseReleaseEvent(event)
        self._extend = False

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space as a click, Ctrl+Space as one with Ctrl."""
        self._extend = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().keyReleaseEvent(event)
        self._extend = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        with QPainter(self) as painter:
            if self.underMouse():
                painter.fillRect(self.rect().adjusted(0, 1, 0, 0), theme.color("hovered"))
            painter.setOpacity(0.35 if self._dimmed else 1.0)
            line = self._size.line
            paint_swatch(painter, self._swatch, self._size)
            painter.setOpacity(1.0)
            painter.setFont(ui_font(FONT_SMALL_PX))
            left = self._size.before + self._size.swatch + self._size.between
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(theme.color("text_dim" if self._dimmed else "text"))
            painter.drawText(QRect(left, 0, self._name_px + 2, line), flags, self._name)
            if self._share is not None:
                painter.setPen(theme.color("text_dim"))
                box = QRect(left + self._name_px + 4, 0, self._share_px, line)
                painter.drawText(box, flags | Qt.TextFlag.TextDontClip, self.fitting_figure)
            if self.hasFocus():
                painter.setPen(theme.color("accent"))
                painter.drawRect(self.rect().adjusted(0, 1, -1, -2))

    def _on_clicked(self) -> None:
        self.chosen.emit(self._state, self._extend)


class MarkEntry(QWidget):
    """Something else that is marked: how it looks and its name."""

    def __init__(self, mark: tuple[int, int, int, str, str], parent: QWidget) -> None:
        super().__init__(parent)
        code, worst, held, name, tip = mark
        self._size = ROOMY
        self._look = (int(code), int(worst), held)
        self._name = name
        self._theme: Theme | None = None
        self._swatch = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setToolTip(tip)
        self.setAccessibleName(name)
        self.setAccessibleDescription(tip)
        give_role(self, WRITTEN)

    def take_size(self, size: Size) -> None:
        """Takes so much room."""
        self._size = size

    def set_theme(self, theme: Theme, raster: Raster) -> None:
        self._theme = theme
        self._swatch = swatch(raster, *self._look)
        self.update()

    def sizeHint(self) -> QSize:
        words_px = QFontMetrics(ui_font(FONT_SMALL_PX)).horizontalAdvance(self._name)
        return QSize(self._size.before + self._size.swatch + self._size.between + words_px + 2, self._size.line)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._theme is None:
            return
        with QPainter(self) as painter:
            paint_swatch(painter, self._swatch, self._size)
            painter.setFont(ui_font(FONT_SMALL_PX))
            painter.setPen(self._theme.color("text_dim"))
            painter.drawText(
                self.rect().adjusted(self._size.before + self._size.swatch + self._size.between, 0, 0, 0),
                Qt.AlignmentFlag.AlignVCenter,
                self._name,
            )


def paint_swatch(painter: QPainter, image: QImage, size: Size) -> None:
    """At the beginning of an entry, as much of it as there is room for."""
    part = QRect(0, 0, round(size.swatch * image.devicePixelRatio()), image.height())
    painter.drawImage(QPoint(size.before, (size.line - SWATCH_HEIGHT_PX) // 2), image, part)


def swatch(raster: Raster, code: int, worst: int, held: int) -> QImage:
    """A little piece of the timeline: one lane in this state."""
    ratio = raster.ratio
    columns, height = round(SWATCH_PX * ratio), raster.row_height
    pixels = np.empty((1, height, columns), dtype=np.uint32)
    codes, worsts, holds = (np.full((1, columns), value, dtype=np.uint8) for value in (code, worst, held))
    raster.fill_lanes(pixels, codes, worsts, holds, 0)
    top, bottom = round(SHAPE.bar_top * ratio), round(SHAPE.hold_bottom * ratio)
    image = QImage(pixels.data, columns, height, columns * 4, QImage.Format.Format_RGB32)
    part = image.copy(0, top, columns, bottom - top)
    part.setDevicePixelRatio(ratio)
    return part
