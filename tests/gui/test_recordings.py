"""Opening, saving and damage: what is shown, and what is said in words."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from engine.recording.library import folder
from engine.recording.synthetic import write_synthetic
from gui.main_window import MainWindow
from gui.widgets.figures import FIGURE_SPACE
from gui.window.runs.recordings import own_sample, sample_recording
from tests.gui.opening import shown_whole

ROOT = Path(__file__).parents[2]
Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "made-up.lane"
    write_synthetic(path, lanes=8, group=4, slices=4000, deadlock=True)
    return path


def test_a_recording_is_shown_whole(window: MainWindow, wait_for: Wait, recording: Path) -> None:
    window.open(recording)
    wait_for(lambda: shown_whole(window))
    assert len([lane for lane in window.bridge.model.lanes if not lane.internal]) >= 8
    wait_for(lambda: window.pages.currentWidget() is window.centre_split and window.banner.isVisible())
    assert "made-up.lane" in window.windowTitle()
    assert window.banner.end.isHidden()
    assert window.acts["save-as"].isEnabled()
    wait_for(window.status.progress.isHidden)
    assert window.messages.texts() == []
    assert window.focusWidget() is window.timeline.canvas


def test_what_was_live_is_there_again_when_it_is_reopened(window: MainWindow, wait_for: Wait) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    words, path = window.banner.words.text(), window.bridge.path
    window.acts["stop"].trigger()
    wait_for(lambda: not window.bridge.running)
    lanes = [lane.name for lane in window.bridge.model.lanes]
    output = [line["text"] for line in window.bridge.model.output]
    window.open(path)
    wait_for(lambda: shown_whole(window))
    assert [lane.name for lane in window.bridge.model.lanes] == lanes
    assert [line["text"] for line in window.bridge.model.output] == output
    wait_for(window.banner.isVisible)
    assert window.banner.words.text() == words


def test_saved_recordings_open_again_and_are_recent(
    window: MainWindow, wait_for: Wait, recording: Path, tmp_path: Path
) -> None:
    window.open(recording)
    wait_for(lambda: shown_whole(window))
    assert window.recordings.save_as(tmp_path / "kept")
    wait_for(lambda: window.messages.strip("saved"))
    assert (tmp_path / "kept.lane").read_bytes() == recording.read_bytes()
    window.recordings.fill_recent(window.recent)
    assert [action.text() for action in window.recent.actions()] == ["kept.lane", "made-up.lane"]
    window.recent.actions()[0].trigger()
    wait_for(lambda: "kept.lane" in window.windowTitle())


def test_a_file_that_is_no_recording_is_refused_in_one_plain_line(
    window: MainWindow, recording: Path, wait_for: Wait, tmp_path: Path
) -> None:
    window.open(recording)
    wait_for(lambda: shown_whole(window))
    (tmp_path / "notes.txt").write_text("nothing of the kind")
    window.open(tmp_path / "notes.txt")
    (text,) = window.messages.texts()
    assert "notes.txt is not a Lanescope recording" in text
    assert "\n" not in text
    assert "made-up.lane" in window.windowTitle()  # what was shown stays


def test_a_file_that_is_not_there_is_said_so(window: MainWindow, tmp_path: Path) -> None:
    window.open(tmp_path / "gone.lane")
    assert window.messages.texts() == [f"{tmp_path / 'gone.lane'} does not exist any more; choose another recording."]
    assert window.pages.currentWidget() is window.welcome


def test_a_truncated_recording_opens_with_what_is_intact_and_says_so(
    window: MainWindow, wait_for: Wait, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.lane"
    write = (
        f"from engine.recording.synthetic import write_synthetic; write_synthetic({str(torn)!r}, lanes=8, slices=4000)"
    )
    subprocess.run([sys.executable, "-c", write], check=True, cwd=ROOT)  # a writer that is gone by now
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size * 2 // 3])
    window.open(torn)
    wait_for(window.messages.texts)
    (text,) = window.messages.texts()
    assert "intact" in text
    assert window.bridge.model is not None
    assert window.bridge.model.lanes


def test_a_dropped_recording_is_opened(window: MainWindow, wait_for: Wait, recording: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(recording))])
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, button, none))
    assert recording.name in window.status.currentMessage()
    window.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, button, none))
    assert not window.status.currentMessage()
    wait_for(lambda: "made-up.lane" in window.windowTitle())


def test_opening_never_loses_the_recording_that_is_being_made(
    window: MainWindow, wait_for: Wait, recording: Path
) -> None:
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    run = window.bridge.path
    window.open(recording)
    assert window.bridge.running
    assert window.bridge.path == run
    strip = window.messages.strip("open")
    assert strip is not None
    assert "A run is being recorded" in strip.message.text
    answers = {answer.text: answer for answer in strip.message.answers}
    answers["End the run and open"].do()
    wait_for(lambda: not window.bridge.running and window.bridge.path == recording)
    assert run is not None
    assert run.exists()


def test_opening_a_large_recording_goes_in_steps_and_can_be_cancelled(
    window: MainWindow, wait_for: Wait, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "large.lane"
    write_synthetic(path, lanes=16, slices=400_000)
    shares: list[float] = []
    window.bridge.opening_progressed.connect(shares.append)
    window.clock.stop()  # each step is taken by hand
    window.open(path)
    window.bridge.take_in()
    assert shares
    assert shares[-1] < 1
    assert not window.status.progress.isHidden()
    window.status.show_costs(window.bridge.model, None, window.clock.statistics())
    figures = window.status.dropped.text(), window.status.events.text()
    assert [text.strip(FIGURE_SPACE) for text in figures] == ["– dropped", "– events"], "not known before the end"
    window.status.cancel.click()
    assert window.status.progress.isHidden()
    assert any("cancelled" in text for text in window.messages.texts())
    assert window.bridge.model is not None
    assert not window.bridge.take_in()


def test_a_run_begun_while_a_recording_is_being_opened_ends_its_progress(
    window: MainWindow, wait_for: Wait, tmp_path: Path
) -> None:
    path = tmp_path / "large.lane"
    write_synthetic(path, lanes=16, slices=400_000)
    window.clock.stop()  # each step is taken by hand
    window.open(path)
    window.bridge.take_in()
    assert window.bridge.opening
    assert not window.status.progress.isHidden()
    window.clock.start()
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    assert window.status.progress.isHidden()
    assert window.status.cancel.isHidden()


def test_the_first_page_opens_recordings_too(open_window: Callable[[], MainWindow], recording: Path) -> None:
    first = open_window()
    assert "Open…" in [button.text() for button in first.welcome.buttons]
    assert first.welcome.recent == []
    first.recordings.remember(recording)
    first.close()
    window = open_window()
    assert [button.toolTip() for button in window.welcome.recent] == [str(recording)]
    window.welcome.recent[0].click()
    assert "made-up.lane" in window.windowTitle()


def test_the_keyboard_is_with_the_lanes_when_the_window_becomes_active_as_it_opens(
    window: MainWindow, wait_for: Wait, recording: Path, qtbot: QtBot
) -> None:
    """Without a window manager, the click that opens is the one that makes the window active."""
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    wait_for(other.isActiveWindow)
    window.open(recording)
    window.activateWindow()
    QApplication.processEvents()
    assert window.isActiveWindow()
    assert window.pages.currentWidget() is window.welcome
    wait_for(lambda: window.pages.currentWidget() is window.centre_split)
    assert window.focusWidget() is window.timeline.canvas


def test_what_is_asked_for_before_the_lanes_are_seen_keeps_the_keyboard(
    window: MainWindow, wait_for: Wait, recording: Path
) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.open(recording)
    window.acts["search"].trigger()
    assert window.pages.currentWidget() is window.welcome
    wait_for(lambda: window.pages.currentWidget() is window.centre_split)
    assert window.focusWidget() is window.search_bar.line


def test_the_keyboard_stays_where_it_was_put_before_the_lanes_are_seen(
    window: MainWindow, wait_for: Wait, recording: Path
) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    window.open(recording)
    chosen = window.tool_bar.run
    chosen.setFocus()
    assert window.pages.currentWidget() is window.welcome
    wait_for(lambda: window.pages.currentWidget() is window.centre_split)
    assert window.focusWidget() is chosen


def test_keys_before_anything_is_known_of_a_recording_do_not_hold_the_view(
    window: MainWindow, wait_for: Wait, recording: Path
) -> None:
    shown_first = recording.with_name("cut.lane")  # without the overview behind its end
    shown_first.write_bytes(recording.read_bytes()[:-64])
    window.open(shown_first)
    assert window.view.limits.end_ns == window.view.limits.start_ns, "nothing is known yet"
    QTest.keyClick(window.timeline.canvas, Qt.Key.Key_A)
    QTest.keyClick(window.timeline.canvas, Qt.Key.Key_W)
    wait_for(lambda: not window.bridge.opening)
    wait_for(lambda: window.view.limits.end_ns >= window.bridge.model.end_ns)
    assert window.view.start_ns <= window.bridge.model.start_ns
    assert window.view.end_ns >= window.bridge.model.end_ns
    assert not window.view.can_go_back


def test_notes_on_the_sample_stay_out_of_what_came_with_lanescope() -> None:
    shipped = sample_recording()
    assert shipped is not None
    before = shipped.read_bytes()
    own = own_sample(shipped)
    assert own.parent == folder()
    own.write_bytes(own.read_bytes() + b"a note")
    assert own_sample(shipped) == own  # with its notes
    assert shipped.read_bytes() == before
    own.write_bytes(b"a sample of another version")
    assert own_sample(shipped).read_bytes() == before
    assert own.read_bytes() == b"a sample of another version"


def test_what_is_looked_at_is_said_in_one_line(window: MainWindow, wait_for: Wait) -> None:
    assert window.status.recording.text() == ""
    window.acts["deadlock"].trigger()
    wait_for(lambda: "Python 3" in window.status.recording.text())
    window.configuration.choose("convoy")
    assert window.status.recording.text().startswith("Two locks in opposite order  ·  Threads, 2 workers  ·  Python 3")


def test_files_are_asked_for_where_the_last_good_one_was(
    window: MainWindow, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: asked.append(given[2]) or (str(recording), ""))
    window.recordings.ask_and_open()
    window.recordings.ask_and_open()
    assert asked == [str(folder()), str(tmp_path)]


def test_a_copy_that_cannot_be_written_or_is_given_up_leaves_everything_as_it_was(
    window: MainWindow, wait_for: Wait, recording: Path, tmp_path: Path
) -> None:
    window.open(recording)
    wait_for(lambda: shown_whole(window))
    kept = tmp_path / "kept.lane"
    kept.write_bytes(b"of before")
    before = sorted(tmp_path.iterdir())
    assert window.recordings.save_as(kept)
    assert window.status.progress.format() == "saving"
    assert not window.recordings.save_as(tmp_path / "another.lane"), "one after another"
    window.status.cancel.click()
    assert "kept.lane was not saved." in window.messages.texts()
    window.recordings.save_as(tmp_path / "no such folder" / "kept.lane")
    wait_for(
        lambda: any("could not be written: No such file or directory." in text for text in window.messages.texts())
    )
    assert kept.read_bytes() == b"of before"
    assert sorted(tmp_path.iterdir()) == before
    assert window.messages.strip("saved") is None


def test_what_was_about_the_former_recording_goes_with_it(
    window: MainWindow, wait_for: Wait, recording: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.lane"
    write_synthetic(other, lanes=4, group=2, slices=400)
    window.open(recording)
    wait_for(lambda: not window.bridge.opening)
    window.notes.add()
    QTest.keyClicks(window.note_editor.line, "half a thought")
    window.timeline.canvas.remarked.emit("Measured 3 ms")
    window.open(other)
    assert not window.note_editor.isVisible()
    assert window.status.currentMessage() == ""
    assert any("half a thought" in text for text in window.messages.texts())
    wait_for(lambda: not window.bridge.opening)
    assert not window.bridge.model.bookmarks
    window.text_page.show_markdown("guide")
    window.open(recording)
    assert not window.text_page.isVisible()
    assert window.focusWidget() is window.timeline.canvas
    wait_for(lambda: not window.bridge.opening)
    window.find_lane.open(window.bridge.model)
    window.acts["deadlock"].trigger()
    assert not window.find_lane.isVisible()
