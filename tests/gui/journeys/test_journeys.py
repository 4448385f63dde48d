"""Journeys through recordings: a small one that is part of the repository, a large one made for the purpose."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.recording.synthetic import write_synthetic
from gui.main_window import MainWindow
from tests.gui.journeys.comparing import wrong_lanes
from tests.gui.journeys.journey import open_window, travel

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "resources" / "recordings" / "convoy.lane"


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 lanes in 5 processes, 200 000 slices."""
    path = tmp_path_factory.mktemp("journey") / "large.lane"
    write_synthetic(path, lanes=40, slices=200_000, processes=5, group=8)
    return path


@pytest.fixture
def sized(qtbot: QtBot, no_search: None) -> Iterator[Callable[[int, int], MainWindow]]:
    """Opens windows of a size."""
    windows: list[MainWindow] = []

    def open_one(width: int, height: int) -> MainWindow:
        windows.append(open_window(width, height))
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.mark.parametrize("size", [(1280, 720), pytest.param((1920, 1080), marks=pytest.mark.full)])
def test_a_small_recording(sized: Callable[[int, int], MainWindow], size: tuple[int, int]) -> None:
    wrong = {stop: faults for stop, faults in travel(sized(*size), SAMPLE) if faults}
    assert wrong == {}


@pytest.mark.parametrize("size", [(1600, 900), pytest.param((1000, 620), marks=pytest.mark.full)])
def test_a_large_recording(sized: Callable[[int, int], MainWindow], size: tuple[int, int], large: Path) -> None:
    wrong = {stop: faults for stop, faults in travel(sized(*size), large) if faults}
    assert wrong == {}


@pytest.mark.full
def test_a_thousand_lanes(sized: Callable[[int, int], MainWindow], tmp_path: Path) -> None:
    path = tmp_path / "wide.lane"
    write_synthetic(path, lanes=1000, slices=1_000_000, processes=4, group=8)
    window = sized(1920, 1080)
    wrong = {stop: faults for stop, faults in travel(window, path) if faults}
    canvas = window.timeline.canvas
    canvas.scroll_to(len(canvas.rows))
    if found := wrong_lanes(window):
        wrong["at the last lanes"] = found
    assert wrong == {}


@pytest.mark.parametrize(
    "factor", ["1.5", pytest.param("1.25", marks=pytest.mark.full), pytest.param("2", marks=pytest.mark.full)]
)
def test_a_screen_of_many_pixels(factor: str, large: Path) -> None:
    """In a process of its own: the factor holds for all of it."""
    for recording in (SAMPLE, large) if factor != "1.5" else (SAMPLE,):
        done = subprocess.run(
            [sys.executable, "-m", "tests.gui.journeys.journey", str(recording), "1280", "720"],
            cwd=ROOT,
            env={**os.environ, "QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["ratio"] == float(factor)
        assert told["wrong"] == {}
