"""What the plots draw: staircases with corners only, gaps where nothing is known."""

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from gui.panels.plots.chart import Chart, steps
from gui.panels.plots.series import Line

NAN = float("nan")


@pytest.mark.parametrize(
    ("heights", "corners"),
    [
        ([], []),
        ([NAN, NAN], []),
        ([0.5], [[(0, 0.5), (1, 0.5)]]),
        ([0.5, 0.5, 0.5], [[(0, 0.5), (3, 0.5)]]),
        ([0.1, 0.1, 0.9], [[(0, 0.1), (2, 0.1), (2, 0.9), (3, 0.9)]]),
        ([NAN, 0.2, NAN, 0.4, 0.3], [[(1, 0.2), (2, 0.2)], [(3, 0.4), (4, 0.4), (4, 0.3), (5, 0.3)]]),
    ],
)
def test_a_curve_is_a_staircase_with_gaps(heights: list[float], corners: list[list[tuple[float, float]]]) -> None:
    drawn = [[(point.x(), point.y()) for point in shape.toList()] for shape in steps(np.array(heights, np.float64))]
    assert drawn == corners


def test_curves_floors_and_cursor_stand_where_they_belong(qtbot: QtBot) -> None:
    pointed: list[float | None] = []
    chart = Chart(pointed.append)
    qtbot.addWidget(chart)
    chart.resize(100, 50)
    chart.dress(QColor("black"), QColor("blue"), QColor("white"))
    chart.show_lines(10, [Line(np.full(10, 0.5), QColor("red"))], [0.2])
    chart.show_cursor(8.0)
    chart.show()
    qtbot.waitExposed(chart)
    picture = chart.grab().toImage()
    assert picture.pixelColor(40, 25) == QColor("red")
    assert picture.pixelColor(40, 40) == QColor("blue")
    assert picture.pixelColor(80, 10) == QColor("white")
    assert picture.pixelColor(40, 10) == QColor("black")
    chart.show_view(3.0, 10.0)  # the last three columns are not known yet
    picture = chart.grab().toImage()
    assert picture.pixelColor(40, 25) == QColor("red")
    assert picture.pixelColor(75, 25) == QColor("black")
    assert picture.pixelColor(90, 40) == QColor("blue"), "floors go on"
    assert picture.pixelColor(50, 10) == QColor("white")
    chart.show_cursor(None)
    assert chart.grab().toImage().pixelColor(50, 10) == QColor("black")
