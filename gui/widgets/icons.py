"""Lanescope's icons: outlines of one style in `resources/icons`, drawn in a colour of the theme."""

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parents[2] / "resources" / "icons"
SIZES = (16, 20, 24, 32, 48)
DISABLED_OPACITY = 0.35


@lru_cache(maxsize=256)
def icon(name: str, colour: str) -> QIcon:
    """The icon of that name with its lines in `colour` (as QColor reads it); faint when disabled."""
    made = QIcon()
    for size in SIZES:
        made.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
        made.addPixmap(pixmap(name, colour, size, DISABLED_OPACITY), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, colour: str, size: int, opacity: float = 1.0) -> QPixmap:
    """The icon as a picture of `size` px."""
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", QColor(colour).name())
    picture = QPixmap(QSize(size, size))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setOpacity(opacity)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter)
    painter.end()
    return picture
