"""The runs under one another on one time axis: the typical trial of each variant, its lanes as thin rows."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from engine.comparison.result import Result, VariantResult
from engine.comparison.trial import Trial
from engine.model.format import duration
from engine.recording.schema import DEADLOCKED, STATE_MASK, State
from gui.theme import FONT_SMALL_PX, ActiveTheme, ui_font
from gui.widgets.assistive import PAINTED, give_role
from gui.widgets.dress_when_seen import DressWhenSeen

NAMES_PX = 220
TOP_PX = 20
LANE_PX = 6
GAP_PX = 10
LEAST_PX = 16  # height of a run
RIGHT_PX = 16


class Miniatures(QScrollArea):
    """A list of pictures; a click or Enter opens the run."""

    opened = Signal(str)

    def __init__(self, themes: ActiveTheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = _Sheet(themes, self)
        self.sheet.opened.connect(self.opened)
        self.setWidget(self.sheet)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Runs under one another")

    def show_result(self, result: Result | None) -> None:
        self.sheet.show_result(result)


class _Sheet(QWidget):
    opened = Signal(str)

    def __init__(self, themes: ActiveTheme, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._runs: list[tuple[VariantResult, Trial, QImage]] = []
        self._result: Result | None = None
        self._chosen = -1
        self.setAccessibleName("Runs on one time axis")
        give_role(self, PAINTED)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setMouseTracking(True)
        DressWhenSeen(self, themes, lambda: self.show_result(self._result))

    def show_result(self, result: Result | None) -> None:
        self._result = result
        palette = self._palette()
        self._runs = []
        for variant in result.variants if result else []:
            trial = variant.typical
            if trial is not None and trial.miniature is not None:
                self._runs.append((variant, trial, _picture(trial.miniature.codes, palette)))
        self._chosen = min(self._chosen, len(self._runs) - 1)
        self.setMinimumHeight(round(self._top(len(self._runs))) + GAP_PX)
        self.update()

    @property
    def span_ns(self) -> int:
        """Of the longest run: the axis."""
        return max((trial.span_ns for _, trial, _ in self._runs), default=1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._themes.current
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("canvas"))
            painter.setFont(ui_font(FONT_SMALL_PX))
            if self.hasFocus():
                painter.setPen(theme.color("accent"))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if not self._runs:
                painter.setPen(theme.color("text_dim"))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "The runs appear here, one under another.")
                return
            self._paint_axis(painter)
            for number, (variant, trial, picture) in enumerate(self._runs):
                area = self._area(number)
                if number == self._chosen:
                    painter.fillRect(
                        QRectF(0, area.top() - 3, self.width(), area.height() + 6), theme.color("accent_soft")
                    )
                painter.setPen(theme.color("text"))
                name = QRectF(8, area.top() - 2, NAMES_PX - 16, LEAST_PX + 4)
                words = painter.fontMetrics().elidedText(
                    f"{variant.name}  {_python(self._result, variant)}",
                    Qt.TextElideMode.ElideRight,
                    round(name.width()),
                )
                painter.drawText(name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
                shown = QRectF(area)
                shown.setWidth(max(2.0, area.width() * trial.span_ns / self.span_ns))
                painter.drawImage(shown, picture)

    def _paint_axis(self, painter: QPainter) -> None:
        theme, area = self._themes.current, self._area(0)
        painter.setPen(theme.color("text_dim"))
        step = _nice_step(self.span_ns / 6)
        for number in range(int(self.span_ns / step) + 1):
            x = area.left() + area.width() * number * step / self.span_ns
            painter.drawLine(QPointF(x, TOP_PX - 5), QPointF(x, TOP_PX))
            if x < self.width() - 50:
                painter.drawText(QPointF(x + 3, TOP_PX - 6), duration(number * step) if number else "0")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._chosen = self._at(event.position().y())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open(self._at(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().y())
        self.setToolTip(self._words(number) if number >= 0 else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose a run, Enter opens it."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step and self._runs:
            self._chosen = max(0, min(len(self._runs) - 1, self._chosen + step))
            self.setAccessibleDescription(self._words(self._chosen))
            self.update()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._open(self._chosen)
        else:
            super().keyPressEvent(event)

    def _open(self, number: int) -> None:
        if 0 <= number < len(self._runs):
            self.opened.emit(self._runs[number][1].recording)

    def _words(self, number: int) -> str:
        variant, trial, _ = self._runs[number]
        left_out = trial.miniature.left_out if trial.miniature else 0
        more = f", {left_out} more lanes" if left_out else ""
        return f"{variant.name}, {variant.python_title}: {duration(trial.span_ns)}{more}; double-click to look at it"

    def _height(self, number: int) -> int:
        miniature = self._runs[number][1].miniature
        return max(LEAST_PX, LANE_PX * len(miniature.names)) if miniature else LEAST_PX

    def _top(self, number: int) -> float:
        return TOP_PX + 4 + sum(self._height(above) + GAP_PX for above in range(number))

    def _area(self, number: int) -> QRectF:
        height = self._height(number)
        return QRectF(NAMES_PX, self._top(number), max(10, self.width() - NAMES_PX - RIGHT_PX), height)

    def _at(self, y: float) -> int:
        for number in range(len(self._runs)):
            area = self._area(number)
            if area.top() - GAP_PX / 2 <= y < area.bottom() + GAP_PX / 2:
                return number
        return -1

    def _palette(self) -> np.ndarray:
        theme = self._themes.current
        table = np.zeros(256, np.uint32)
        for code in range(256):
            state = code & STATE_MASK
            colour = theme.deadlock if code & DEADLOCKED else theme.states.get(State(min(state, 9)), "#000000")
            if not state:
                colour = theme.surfaces.lane
            table[code] = 0xFF000000 | int(colour[1:], 16)
        return table


def _picture(codes: np.ndarray, palette: np.ndarray) -> QImage:
    """One px a column and lane, with a line of background under each lane when there are several."""
    rows, columns = codes.shape
    pixels = np.empty((rows * LANE_PX, columns), np.uint32)
    pixels.reshape(rows, LANE_PX, columns)[:] = palette[codes][:, None, :]
    if rows > 1:
        pixels[LANE_PX - 1 :: LANE_PX] = palette[0]
    image = QImage(pixels.data, columns, rows * LANE_PX, columns * 4, QImage.Format.Format_RGB32)
    return image.copy()  # the array's memory ends with this function


def _python(result: Result | None, variant: VariantResult) -> str:
    """The interpreter, where several were compared."""
    several = result is not None and len({other.python for other in result.variants}) > 1
    if not several:
        return ""
    return variant.version + ("t" if variant.free_threaded else "")


def _nice_step(least: float) -> int:
    """1, 2 or 5 times a power of ten ns."""
    power = 10 ** (len(str(max(1, int(least)))) - 1)
    return next(int(power * factor) for factor in (1, 2, 5, 10) if power * factor >= least)
