"""What lies over a part of the window that waits to be painted."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import getCppPointer


class Veil(QWidget):
    """Lies over all of `part`, which Qt does not paint then, nor what is in it. Input goes through.

    Until the part is painted its `picture` from before stands in, on its background.
    """

    def __init__(self, part: QWidget) -> None:
        super().__init__(part)
        self.resize(0, 0)  # never hidden: showing it would have Qt lay out the whole window anew
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.part = part
        self.place: QRect | None = None  # of the part in the window, as painted last; None: not at all
        self.since: float | None = None  # wall time since when it lies there
        self.picture: QImage | None = None  # of the part, from before
        part.installEventFilter(self)

    def lay(self, now: float) -> None:
        """Over the part, from now on."""
        if self.since is None:
            self.since = now
            self._fit()
            self.raise_()

    def lift(self) -> None:
        """The part is painted with the next repaint."""
        self.since, self.picture = None, None
        self.resize(0, 0)

    def _fit(self) -> None:
        self.resize(self.part.size())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.since is not None:
            self._fit()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if on_screen(self, painter):
                painter.fillRect(event.rect(), self.part.palette().brush(self.part.backgroundRole()))
                picture = self.picture
            else:
                picture = picture_of(self.window(), place_of(self.part))
            if picture is not None:
                painter.drawImage(QPoint(0, 0), picture)


def place_of(widget: QWidget) -> QRect:
    """In its window."""
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), QSize(widget.size()))


def on_screen(widget: QWidget, painter: QPainter) -> bool:
    """Whether it is being painted for the screen, not for a picture that somebody takes of it."""
    shown, painted = widget.window().backingStore().paintDevice(), painter.paintEngine().paintDevice()
    return bool(getCppPointer(shown)[0] == getCppPointer(painted)[0])


def picture_of(window: QWidget, place: QRect) -> QImage | None:
    """A copy of what the window shows in that place; None when nothing has been painted yet."""
    store = window.backingStore()
    if store is None or store.size().isEmpty():
        return None  # asking for its image ends in a crash where the screen is scaled
    image = store.paintDevice()
    if not isinstance(image, QImage):
        return None
    ratio = image.devicePixelRatio()
    picture = image.copy(QRect(place.topLeft() * ratio, place.size() * ratio))
    picture.setDevicePixelRatio(ratio)
    return picture
