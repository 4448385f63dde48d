"""The memory that a painter paints into, for what numpy can write there at once."""

import math

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from gui.timeline.pixels.raster import Pixels

_OPAQUE = (QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied)  # a pixel with alpha 255 is alike


def target_pixels(painter: QPainter, room: QRect) -> Pixels | None:
    """What the painter would paint in `room` (its unit: device pixels), as (height, width) to be written.

    None where that cannot be had: other devices than images, other formats, or a part of the room that lies beside the
    picture. Clipping is the caller's: all of the room must be about to be painted.
    """
    image, unit = painter.paintEngine().paintDevice(), painter.deviceTransform()
    if not isinstance(image, QImage) or image.format() not in _OPAQUE:
        return None
    if unit.isRotating() or not (math.isclose(unit.m11(), 1.0) and math.isclose(unit.m22(), 1.0)):
        return None
    left, top = (math.floor(offset + 0.5) for offset in (room.left() + unit.dx(), room.top() + unit.dy()))
    if left < 0 or top < 0 or left + room.width() > image.width() or top + room.height() > image.height():
        return None
    pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return pixels[top : top + room.height(), left : left + room.width()]
