"""Findings of a whole recording: looked for beside the window, shown when found, given up with the recording."""

import json
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from engine.analysis import looking
from engine.analysis.findings import find_all
from engine.analysis.reading import read_model
from engine.recording.reader import RecordingReader
from engine.recording.synthetic import write_synthetic
from gui.bridges.finding_search import FindingSearch
from gui.main_window import MainWindow

Wait = Callable[[Callable[[], object]], None]


def write(path: Path) -> list[str]:
    """A recording that is worth a helper process; the titles of what follows from it."""
    write_synthetic(path, lanes=16, slices=20_000)
    with RecordingReader(path) as reader:
        model = read_model(reader)
    assert not model.findings
    return sorted(found["title"] for found in find_all(model))


def test_what_is_found_beside_the_window_is_all_there_is(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    titles = write(tmp_path / "some.lane")
    assert titles
    shares: list[float] = []
    window.bridge.search_progressed.connect(shares.append)
    window.docks.bring_up("findings")
    window.open(tmp_path / "some.lane")
    wait_for(lambda: shares)
    assert not window.status.progress.isHidden()
    assert "looking for findings" in window.status.progress.text()
    panel = window.findings
    wait_for(lambda: shares[-1] == 1.0)
    assert panel.table.isVisible() or "Nothing" not in panel._hint.label.text()
    assert shares == sorted(shares)
    assert window.status.progress.isHidden()
    assert window.bridge.model is not None
    assert sorted(found["title"] for found in window.bridge.model.findings.values()) == titles
    wait_for(lambda: sorted(found["title"] for found in window.findings.table.row_model.rows) == titles)


def test_the_search_is_given_up_when_asked(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write(tmp_path / "some.lane")
    shares: list[float] = []
    window.bridge.search_progressed.connect(shares.append)
    window.open(tmp_path / "some.lane")
    wait_for(lambda: shares)
    assert "Looking" in window.findings._hint.label.text()
    window.status.cancel.click()
    assert window.status.progress.isHidden()
    assert "not completed" in window.findings._hint.label.text()


def test_a_file_that_has_gone_is_told_of(qtbot: QtBot, tmp_path: Path) -> None:
    search = FindingSearch()
    reasons: list[str] = []
    search.failed.connect(reasons.append)
    search.start(tmp_path / "gone.lane")
    qtbot.waitUntil(lambda: bool(reasons), timeout=20_000)
    assert "gone.lane" in reasons[0]
    assert not search.running
    assert not search.completed


def test_the_helper_tells_findings_as_plain_lines(tmp_path: Path) -> None:
    titles = write(tmp_path / "some.lane")
    lines = [json.loads(json.dumps(line)) for line in looking.look(tmp_path / "some.lane")]
    assert sorted(line["finding"]["title"] for line in lines if "finding" in line) == titles
    assert lines[-1] == {"done": 1.0}
