"""What is selected goes to the clipboard as a table and as a picture, and into a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from engine.model.extract import lane_table, whole
from engine.recording.schema import State
from engine.recording.synthetic import write_synthetic
from gui.main_window import MainWindow
from gui.timeline.layout.geometry import RULER_PX
from gui.widgets.row_table import RowTable
from gui.window.copying.table_text import TableText
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
FRAME_PX = 4  # by which the frames of docks get narrower when a window has its style sheet


@pytest.fixture
def opened(window: MainWindow, wait_for: Wait, tmp_path: Path) -> MainWindow:
    path = tmp_path / "bank.lane"
    write_synthetic(path, lanes=4, slices=400, group=2)
    window.open(path)
    wait_for(lambda: shown_whole(window))
    wait_for(window.timeline.canvas.isVisible)
    window.clock.tick()
    window.timeline.canvas.setFocus()
    return window


def pasted() -> list[list[str]]:
    return [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]


def test_a_slice_is_copied_with_why_it_waited(opened: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    model = opened.bridge.model
    assert model is not None
    item = model.states.slice_at(1, model.start_ns)
    while item is not None and item.state is not State.LOCK_WAIT:
        item = model.states.next_slice(1, item.start_ns)
    assert item is not None
    opened.selection.select_slice(item)
    qtbot.keyClick(opened.timeline.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    wait_for(lambda: not opened.copying.text.busy)
    heading, row = pasted()
    told = dict(zip(heading, row, strict=True))
    assert (told["lane"], told["state"], told["for"]) == ("worker-1", "lock wait", "Lock accounts (bank.py:11)")
    assert float(told["from s"]) == pytest.approx((item.start_ns - model.start_ns) / 1e9, abs=1e-9)
    assert float(told["lasted ms"]) == pytest.approx(item.duration_ns / 1e6)
    assert told["why"].startswith("Waited")


def test_a_span_is_copied_lane_by_lane_and_adds_up(opened: MainWindow, wait_for: Wait) -> None:
    model = opened.bridge.model
    assert model is not None
    length = model.end_ns - model.start_ns
    opened.selection.select_span(model.start_ns + length * 0.2, model.start_ns + length * 0.4)
    opened.acts["copy"].trigger()
    wait_for(lambda: not opened.copying.text.busy)
    heading, *rows = pasted()
    assert [row[0] for row in rows] == [model.lane_name(lane.id) for lane in model.lanes]
    first = heading.index("to s") + 1
    for row in rows:
        assert sum(map(float, row[first:])) == pytest.approx(length * 0.2 / 1e6, rel=1e-3)
    assert "<table>" in QGuiApplication.clipboard().mimeData().html()


def test_a_lane_is_copied_slice_by_slice(opened: MainWindow, wait_for: Wait) -> None:
    model = opened.bridge.model
    assert model is not None
    opened.selection.select_lane(2)
    opened.acts["copy"].trigger()
    wait_for(lambda: not opened.copying.text.busy)
    _, *rows = pasted()
    assert len(rows) == len(model.states.slices(2, model.start_ns, model.end_ns).starts)
    assert {row[0] for row in rows} == {model.lane_name(2)}


def test_a_long_table_is_made_in_pieces_and_can_be_given_up(opened: MainWindow, wait_for: Wait) -> None:
    model = opened.bridge.model
    assert model is not None
    remarks: list[str] = []
    opened.timeline.canvas.remarked.connect(remarks.append)
    clock = iter(range(1 << 30))  # no piece has time for more than one part
    text = TableText(opened, thread_time=lambda: float(next(clock)))
    shares: list[float] = []
    text.progressed.connect(shares.append)
    QGuiApplication.clipboard().setText("before")
    text.start(lane_table(model, 2, model.start_ns, model.end_ns))
    assert text.busy
    assert text.cancel()
    assert QGuiApplication.clipboard().text() == "before"
    text.start(lane_table(model, 2, model.start_ns, model.end_ns))
    assert QGuiApplication.clipboard().text() == "before"
    wait_for(lambda: not text.busy)
    assert shares == sorted(shares[:2]) + sorted(shares[2:])
    assert len(shares) > 4
    assert pasted() == whole(lane_table(model, 2, model.start_ns, model.end_ns))


def test_there_may_be_nothing_to_copy(window: MainWindow) -> None:
    remarks: list[str] = []
    window.timeline.canvas.remarked.connect(remarks.append)
    window.copying.copy_text()
    assert remarks == ["There is nothing to copy yet: run a scenario or open a recording."]


def test_pictures_of_view_and_span(opened: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    canvas, view = opened.timeline.canvas, opened.view
    remarks: list[str] = []
    canvas.remarked.connect(remarks.append)
    opened.acts["copy-picture"].trigger()
    wait_for(lambda: remarks == ["Copied as picture."])
    assert QGuiApplication.clipboard().mimeData().data("image/png").startsWith(b"\x89PNG")
    all_of_it = QGuiApplication.clipboard().image()
    assert all_of_it.height() == canvas.height() + opened.legend.height()
    assert all_of_it.width() == pytest.approx(opened.legend.width(), abs=FRAME_PX)
    opened.selection.select_span(view.start_ns + view.span_ns * 0.25, view.start_ns + view.span_ns * 0.75)
    before = opened.selection.span
    opened.copying.save_picture(tmp_path / "shot")
    wait_for(lambda: said(opened) == f"Saved as {tmp_path / 'shot.png'}.")
    names = canvas.geometry_now().names_px
    part = QImage(str(tmp_path / "shot.png"))
    assert part.width() == pytest.approx(names + (canvas.width() - names) / 2, abs=FRAME_PX)
    below = 0, RULER_PX, names, canvas.height() - RULER_PX
    assert part.copy(*below) == all_of_it.copy(*below)
    corner = 0, 0, names, RULER_PX
    assert part.copy(*corner) != all_of_it.copy(*corner), "how long the span is, not the view"
    assert opened.selection.span == before
    opened.selection.select_span(view.start_ns + view.span_ns * 0.5, view.start_ns + view.span_ns * 0.51)
    opened.copying.save_picture(tmp_path / "narrow")
    wait_for(lambda: said(opened) == f"Saved as {tmp_path / 'narrow.png'}.")
    narrow = QImage(str(tmp_path / "narrow.png"))
    assert narrow.height() == all_of_it.height(), "no thin strip: what is around it, where the span is marked"
    assert narrow.width() == pytest.approx(all_of_it.width(), abs=FRAME_PX)
    assert narrow != all_of_it
    opened.copying.save_picture(tmp_path / "no" / "such" / "folder.png")
    wait_for(lambda: said(opened).endswith("could not be written; choose another place."))


def said(window: MainWindow) -> str:
    """By the message on pictures."""
    strip = window.messages.strip("picture")
    return strip.message.text if strip is not None else ""


def test_tables_copy_what_is_chosen_or_all(opened: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    opened.docks.bring_up("locks")
    wait_for(lambda: [table for table in opened.locks.findChildren(RowTable) if table.row_model.rows])
    table = next(table for table in opened.locks.findChildren(RowTable) if table.row_model.rows)
    table.setFocus()
    table.clearSelection()
    table.setCurrentIndex(table.model().index(-1, -1))
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert len(pasted()) == 1 + len(table.row_model.rows)
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert len(pasted()) == 2
    assert pasted()[0] == [column.title for column in table.row_model.columns]
