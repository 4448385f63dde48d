"""Lanescope's icons: outlines of one style in `resources/icons`, drawn in a colour of the theme."""

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parents[2] / "resources" / "icons"
SIZE = 16  # px, of icons as they are shown
DISABLED_OPACITY = 0.35


@lru_cache(maxsize=256)
def icon(name: str, colour: str, disabled: str = "") -> QIcon:
    """The icon of that name with its lines in `colour` (as QColor reads it); in `disabled`, or faint, when disabled."""
    made = QIcon()
    ratios = {1.0, 2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}
    for size in sorted(round(SIZE * ratio) for ratio in ratios):
        made.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
        faint = pixmap(name, disabled, size) if disabled else pixmap(name, colour, size, DISABLED_OPACITY)
        made.addPixmap(faint, QIcon.Mode.Disabled)
    return made


def pixmap(name: str, colour: str, size: int, opacity: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` px."""
    picture = QImage(_outline(name, size))
    ink = QColor(colour)
    ink.setAlphaF(opacity)
    painter = QPainter(picture)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(picture.rect(), ink)
    painter.end()
    return QPixmap.fromImage(picture)


@cache
def _outline(name: str, size: int) -> QImage:
    """Opaque where the icon has lines: reading and drawing it takes long, colouring it does not."""
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", "#000000")
    picture = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter)
    painter.end()
    return picture
