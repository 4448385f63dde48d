"""A repaint of much of a window is cut up: what is slow to paint keeps its picture until its turn comes."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.window.paint_turns import EXPECTED_S, LATEST_S, LIMIT_S, PaintTurns

OLD, NEW, GROUND = "#102030", "#a0b0c0", "#405060"


class Clock:
    """Thread CPU time that passes only where somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Patch(QWidget):
    """One colour, which takes `cost` seconds to paint."""

    def __init__(self, clock: Clock, cost: float) -> None:
        super().__init__()
        self.clock, self.cost = clock, cost
        self.colour, self.painted = OLD, 0

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.painted += 1
        self.clock.now += self.cost
        QPainter(self).fillRect(self.rect(), QColor(self.colour))


class Bench:
    """A window with three patches beside each other."""

    def __init__(self, qtbot: QtBot) -> None:
        self.clock, self.wall = Clock(), Clock()
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.turns = PaintTurns(self.window, thread_time=self.clock, now=self.wall)
        self.patches = [Patch(self.clock, LIMIT_S - EXPECTED_S / 2) for _ in range(3)]
        layout = QHBoxLayout(self.window)
        for patch in self.patches:
            layout.addWidget(patch)
            self.turns.add(patch)
        self.window.resize(300, 100)
        self.window.show()
        qtbot.waitExposed(self.window)
        qtbot.waitUntil(lambda: all(patch.painted for patch in self.patches) and not self.turns.busy)

    def change(self) -> list[int]:
        """Gives all of them the new colour, and repaints the window at once: how often each has been painted for it."""
        before = [patch.painted for patch in self.patches]
        for patch in self.patches:
            patch.colour = NEW
            patch.update()
        self.window.repaint()
        return [patch.painted - old for patch, old in zip(self.patches, before, strict=True)]

    def seen(self) -> list[str]:
        """What stands on the screen, in each."""
        store = self.window.backingStore().paintDevice()
        assert isinstance(store, QImage)
        ratio = store.devicePixelRatio()
        places = [patch.mapTo(self.window, QPoint(5, 20)) * ratio for patch in self.patches]
        return [store.pixelColor(place).name() for place in places]


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_what_is_slow_is_painted_in_later_events(qtbot: QtBot, bench: Bench) -> None:
    assert sorted(bench.change()) == [0, 0, 1]
    assert bench.turns.busy
    assert sorted(bench.seen()) == [OLD, OLD, NEW]
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW])


def test_a_copy_stands_in_while_the_window_is_resized(qtbot: QtBot, bench: Bench) -> None:
    for patch in bench.patches:
        patch.colour = NEW
    bench.window.resize(360, 140)
    layout = bench.window.layout()
    assert layout is not None
    layout.activate()
    bench.window.repaint()
    assert OLD in bench.seen()
    assert set(bench.seen()) <= {OLD, NEW}
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW])


def _has_size(widget: QWidget, size: QSize) -> bool:
    return widget.size() == size


def test_no_widget_is_bare_while_the_screen_resizes_the_window(qtbot: QtBot, bench: Bench) -> None:
    seen: set[str] = set()
    watch = QTimer(bench.window)
    watch.timeout.connect(lambda: seen.update(bench.seen()))
    watch.start(0)
    for patch in bench.patches:
        patch.colour = NEW
    handle = bench.window.windowHandle()
    for step in range(1, 6):
        size = QSize(300 + 20 * step, 100 + 10 * step)
        handle.resize(size)
        qtbot.waitUntil(partial(_has_size, bench.window, size))
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW] and not bench.turns.busy)
    assert seen <= {OLD, NEW}


def test_what_is_owed_is_painted_although_another_part_was_meanwhile(qtbot: QtBot, bench: Bench) -> None:
    bench.change()
    waiting = next(patch for patch, colour in zip(bench.patches, bench.seen(), strict=True) if colour == OLD)
    painted = waiting.painted
    bench.clock.now = 0.0
    waiting.repaint(0, waiting.height() // 2, waiting.width(), waiting.height() // 2)
    assert waiting.painted == painted + 1
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW])


def test_who_is_painted_before_its_turn_and_changes_again_gets_another_one(qtbot: QtBot, bench: Bench) -> None:
    bench.change()
    waiting = [patch for patch, colour in zip(bench.patches, bench.seen(), strict=True) if colour == OLD]
    for patch in waiting:
        bench.clock.now = 0.0
        patch.repaint()
    assert bench.seen() == [NEW, NEW, NEW]
    for patch in bench.patches:
        patch.colour = GROUND
        patch.update()
    bench.window.repaint()
    qtbot.waitUntil(lambda: bench.seen() == [GROUND, GROUND, GROUND])


def test_what_qt_has_erased_is_painted_at_once(qtbot: QtBot, bench: Bench) -> None:
    for patch in bench.patches:
        patch.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)  # as style sheets do
    assert bench.change() == [1, 1, 1]
    assert sorted(bench.change()) == [0, 0, 1]
    qtbot.waitUntil(lambda: not bench.turns.busy)


def test_what_waits_gets_its_turn_although_something_else_takes_the_time_of_every_repaint(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Patch(bench.clock, 2 * LIMIT_S)
    busy.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    layout = bench.window.layout()
    assert layout is not None
    layout.addWidget(busy)
    qtbot.waitUntil(lambda: busy.painted > 0 and not bench.turns.busy)

    def repaint(patch: Patch) -> None:
        bench.wall.now += LATEST_S / 2
        busy.update()  # Qt paints both, this one first
        QWidget.repaint(patch)

    for patch in bench.patches:
        monkeypatch.setattr(patch, "repaint", partial(repaint, patch))
    bench.change()
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW])


def test_nothing_of_another_theme_stands_in(qtbot: QtBot, bench: Bench) -> None:
    for patch in bench.patches:
        palette = patch.palette()
        palette.setColor(patch.backgroundRole(), QColor(GROUND))
        patch.setPalette(palette)
    assert sorted(bench.change()) == [0, 0, 1]
    assert sorted(bench.seen()) == sorted([GROUND, GROUND, NEW])
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW, NEW])


def test_nothing_else_stands_where_a_part_has_come(qtbot: QtBot, bench: Bench) -> None:
    part = QWidget(bench.window)
    part.setPalette(QColor(GROUND))
    bench.turns.add_part(part)
    part.setGeometry(bench.patches[1].geometry())
    part.show()
    part.raise_()
    bench.window.repaint()
    assert bench.seen() == [OLD, GROUND, OLD]
    qtbot.waitUntil(lambda: not bench.turns.busy)


def test_what_was_painted_over_a_hidden_widget_does_not_stand_in_for_it(qtbot: QtBot, bench: Bench) -> None:
    other = Patch(bench.clock, 0.0)
    other.colour = NEW
    other.setParent(bench.window)
    for patch in bench.patches:
        policy = patch.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        patch.setSizePolicy(policy)
        patch.setPalette(QColor(GROUND))
    bench.change()
    qtbot.waitUntil(lambda: not bench.turns.busy)
    for patch in bench.patches:
        patch.colour = OLD
        patch.hide()
    other.setGeometry(bench.window.rect())
    other.show()
    bench.window.repaint()
    assert bench.seen() == [NEW, NEW, NEW]
    other.hide()
    for patch in bench.patches:
        patch.show()
    bench.window.repaint()
    assert sorted(bench.seen()) == sorted([OLD, GROUND, GROUND])
    qtbot.waitUntil(lambda: bench.seen() == [OLD, OLD, OLD])


def test_a_part_that_is_moved_keeps_its_own_picture(qtbot: QtBot, bench: Bench) -> None:
    layout = bench.window.layout()
    assert layout is not None
    part = bench.patches[2]
    bench.turns.add_part(part)
    first, last = bench.patches[0], part.geometry()
    part.setPalette(QColor(GROUND))
    part.setGeometry(0, 0, 20, 20)
    bench.window.repaint()
    qtbot.waitUntil(lambda: not bench.turns.busy)
    first.colour = NEW
    part.setGeometry(last)
    bench.window.repaint()
    assert bench.seen()[2] == GROUND  # its picture was smaller
    qtbot.waitUntil(lambda: bench.seen()[2] == OLD)


def test_a_picture_of_the_window_is_whole(bench: Bench) -> None:
    bench.change()
    picture = bench.window.grab().toImage()
    ratio = picture.devicePixelRatio()
    places = [patch.mapTo(bench.window, patch.rect().center()) * ratio for patch in bench.patches]
    assert [picture.pixelColor(place).name() for place in places] == [NEW, NEW, NEW]


def test_a_small_part_is_painted_at_once(bench: Bench) -> None:
    patch = bench.patches[0]
    bench.clock.now += 1.0
    before = patch.painted
    patch.repaint(0, 0, 10, 10)
    assert patch.painted == before + 1
    assert not bench.turns.busy


def test_what_waits_and_is_deleted_is_forgotten(qtbot: QtBot, bench: Bench) -> None:
    bench.change()
    bench.patches.pop().deleteLater()
    qtbot.waitUntil(lambda: bench.seen() == [NEW, NEW] and not bench.turns.busy)


@pytest.mark.skipif("QT_SCALE_FACTOR" in os.environ, reason="is on a scaled screen already")
@pytest.mark.parametrize("factor", ["1.25", *(pytest.param(each, marks=pytest.mark.full) for each in ("1.5", "2"))])
def test_all_of_this_on_a_scaled_screen(factor: str, tmp_path: Path) -> None:
    """In a process of its own: the factor holds for all of it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'base'}", __file__],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout
