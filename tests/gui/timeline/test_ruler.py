"""The ruler's marks are painted once and move along."""

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from gui.state.arrangement import Times
from gui.theme import make_theme
from gui.timeline.drawing.ruler import TICK_PX, Ruler
from gui.timeline.layout.geometry import RULER_PX, Geometry
from gui.timeline.layout.time_base import TimeBase

SIZE = (900, 200)


def picture(ruler: Ruler, start_ns: float, span_ns: float, ratio: float) -> np.ndarray:
    geometry = Geometry.of(SIZE, ratio, (0, 1), (start_ns, start_ns + span_ns))
    image = QImage(round(SIZE[0] * ratio), round(RULER_PX * ratio), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    ruler.paint(painter, geometry, TimeBase(Times.START, 0.0))
    painter.end()
    return np.array(image.constBits(), copy=True).reshape(image.height(), image.bytesPerLine())


@pytest.mark.parametrize("ratio", [1.0, 1.5])
@pytest.mark.parametrize("start_ns", [1e9, 3600e9])  # the latter has a base at the left
def test_a_ruler_that_has_moved_along_looks_like_a_new_one(qtbot: QtBot, ratio: float, start_ns: float) -> None:
    span_ns = (SIZE[0] - 180) * ratio * 1e4  # so that columns are 10 µs
    moved, theme = Ruler(make_theme(dark=True), ratio), make_theme(dark=True)
    shifts = [0.0, 0.3, 0.35, 0.9, 0.1, -0.4, -2.0, 5.0]
    seen = []
    for shift in shifts:
        start = start_ns + round(shift * span_ns / 1e4) * 1e4
        kept = picture(moved, start, span_ns, ratio)
        assert (kept == picture(Ruler(theme, ratio), start, span_ns, ratio)).all()
        seen.append(kept.tobytes())
    assert len(set(seen)) == len(shifts)


@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_no_text_is_cut_at_the_edges(qtbot: QtBot, ratio: float) -> None:
    span_ns = (SIZE[0] - 180) * ratio * 1e4
    ruler, told = Ruler(make_theme(dark=True), ratio), set()
    for shift in range(0, 200, 3):  # columns of 10 µs
        seen = picture(ruler, 1e9 + shift * 1e4, span_ns, ratio).view(np.uint32)
        above_marks = seen[: round((RULER_PX - TICK_PX) * ratio), : round(SIZE[0] * ratio)]
        for column in (round(180 * ratio), -1):
            assert len(set(above_marks[:, column].tolist())) == 1, (shift, column)
        told.add(bytes(above_marks))
    assert len(told) > 60
