"""Pictures of parts of the window: painted a part at a time, then put together and encoded beside the window's thread.

What runs there touches nothing but images that nobody else has any more; Qt lets the window's thread go on meanwhile.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QIODevice,
    QObject,
    QRect,
    QRunnable,
    QSize,
    Qt,
    QThreadPool,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QImageWriter, QMoveEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from gui.one_by_one import OneByOne

STEP_S = 0.002  # of thread CPU time; what a step before painting may take
REST_MS = 200  # after which the thread ends that has nothing more to encode


class Cut(NamedTuple):
    """From one x to another of a painted widget, in logical px."""

    left: int
    right: int


class Picture(NamedTuple):
    """One that is done. `png` is empty when it was written to a file; `written`: whether that was possible."""

    image: QImage
    png: bytes
    target: Path | None
    written: bool


class Part(NamedTuple):
    """A widget that is a part of a picture. `paint` paints it (as it should look there)."""

    widget: QWidget
    paint: Callable[[QImage], None]


class Pictures(QObject):
    """Makes pictures one after another; `made` tells of each."""

    made = Signal(object)  # Picture

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._turns = OneByOne(self)
        self._waiting: deque[Iterator[None]] = deque()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._pool.setExpiryTimeout(REST_MS)

    def make(self, parts: Sequence[Part], cuts: Sequence[Cut], ground: QColor, target: Path | None) -> None:
        """Below one another the parts, or beside one another the cuts of the first of them; into a file, if given."""
        self._waiting.append(self._steps(parts, cuts, ground, target))
        self._turns.put(self._go_on)

    def _go_on(self) -> None:
        if next(self._waiting[0], self) is self:  # that one is done
            self._waiting.popleft()
        if self._waiting:
            self._turns.put(self._go_on)

    def _steps(self, parts: Sequence[Part], cuts: Sequence[Cut], ground: QColor, target: Path | None) -> Iterator[None]:
        images: list[QImage] = []
        yield from _tell_hidden(parts[0].widget.window())
        for part in parts:
            images.append(_empty(part.widget, ground))  # memory is dear to touch for the first time
            yield
            part.paint(images[-1])
            yield
        self._pool.start(_Encoding(images, cuts, ground, target, self.made.emit))

    def close(self) -> None:
        """What is being written is written; nothing else is begun."""
        self._turns.clear()
        self._waiting.clear()
        self._pool.waitForDone()


class _Encoding(QRunnable):
    """Runs in a thread of Qt's; `tell` gets the picture, and hands it on to the window's thread."""

    def __init__(
        self,
        images: Sequence[QImage],
        cuts: Sequence[Cut],
        ground: QColor,
        target: Path | None,
        tell: Callable[[Picture], None],
    ) -> None:
        super().__init__()
        self._images, self._cuts, self._ground = images, cuts, ground
        self._target, self._tell = target, tell

    def run(self) -> None:
        first = self._images[0]
        if self._cuts:
            image = joined([_cut(first, cut) for cut in self._cuts], self._ground, beside=True)
        else:
            image = joined(self._images, self._ground, beside=False)
        if self._target is not None:
            self._tell(Picture(image, b"", self._target, image.save(str(self._target))))
            return
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        self._tell(Picture(image, bytes(buffer.data().data()), None, False))


def joined(images: Sequence[QImage], ground: QColor, *, beside: bool) -> QImage:
    """All in one picture, beside or below one another; `ground` where none is."""
    sizes = [image.size() for image in images]
    widths, heights = [size.width() for size in sizes], [size.height() for size in sizes]
    size = QSize(sum(widths), max(heights)) if beside else QSize(max(widths), sum(heights))
    made = QImage(size, QImage.Format.Format_RGB32)
    made.fill(ground)
    painter = QPainter(made)
    x = y = 0
    for image in images:
        painter.drawImage(QRect(x, y, image.width(), image.height()), image)
        x, y = (x + image.width(), y) if beside else (x, y + image.height())
    painter.end()
    made.setDevicePixelRatio(images[0].devicePixelRatio())
    return made


def _empty(widget: QWidget, ground: QColor) -> QImage:
    """For a picture of this widget, as fine as its screen is."""
    ratio = widget.devicePixelRatioF()
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(ground)
    return image


def _tell_hidden(window: QWidget) -> Iterator[None]:
    """Tells hidden widgets of their new places and sizes, which Qt puts off until they are shown, or until a picture is
    taken of anything in the window: then of all at once, which takes 20 ms."""
    begun = time.thread_time()
    waiting = [window]
    while waiting:
        widget = waiting.pop()
        if widget.testAttribute(Qt.WidgetAttribute.WA_PendingMoveEvent):
            widget.setAttribute(Qt.WidgetAttribute.WA_PendingMoveEvent, False)
            QCoreApplication.sendEvent(widget, QMoveEvent(widget.pos(), widget.pos()))
        if widget.testAttribute(Qt.WidgetAttribute.WA_PendingResizeEvent):
            widget.setAttribute(Qt.WidgetAttribute.WA_PendingResizeEvent, False)
            QCoreApplication.sendEvent(widget, QResizeEvent(widget.size(), QSize()))
        waiting += [each for each in widget.children() if isinstance(each, QWidget) and not each.isWindow()]
        if time.thread_time() - begun >= STEP_S:
            yield
            waiting = [each for each in waiting if isValid(each)]
            begun = time.thread_time()


def _cut(image: QImage, cut: Cut) -> QImage:
    ratio = image.devicePixelRatio()
    return image.copy(QRect(round(cut.left * ratio), 0, round((cut.right - cut.left) * ratio), image.height()))
