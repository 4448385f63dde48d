"""Pieces of the window on their own: layout of the graph, reading within a budget, messages, the source view."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.model.model import Model
from engine.model.statistics import LockStatistics
from engine.recording.reader import Batch
from engine.recording.synthetic import write_synthetic
from gui.bridges.session import SessionBridge
from gui.frame_budget import FrameBudget
from gui.main_window import MainWindow
from gui.panels.locks.panel import held
from gui.panels.source.view import SourceView
from gui.panels.wait_for.layout import GraphData, GraphEdge, RingLayout, cycle_order
from gui.panels.workers import ending
from gui.state.source_texts import source_text
from gui.theme import ActiveTheme
from gui.timeline.drawing.painting import Painting
from gui.widgets.figures import elapsed, fixed_percent, grouped
from gui.widgets.messages import MOST_SHOWN, Message, Messages
from gui.widgets.natural import natural
from gui.window.runs import recordings
from gui.window.runs.recorder_share import RecorderShare
from gui.window.views import Views
from gui.window.wording import ending_words
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]


def edges(*pairs: tuple[int, int]) -> tuple[GraphEdge, ...]:
    return tuple(GraphEdge(waiter, holder, 1) for waiter, holder in pairs)


def test_a_saved_recording_always_has_the_same_recorder_share() -> None:
    """However many of its reports come at once."""
    share, model = RecorderShare(), Model({"start_ns": 0})
    for cpu_ns, time_ns in ((50, 100), (60, 200), (110, 300)):
        model.take_in(Batch([{"type": "overhead", "time_ns": time_ns, "recorder_cpu_ns": cpu_ns}], {}, time_ns))
        looked = share.look(model, live=True)
    assert looked == 0.5, "of late, while it records"
    assert share.look(model, live=False) == RecorderShare().look(model, live=False) == 0.3


def test_nodes_that_stay_keep_their_places() -> None:
    layout = RingLayout()
    before = layout.place(GraphData(edges((1, 2), (3, 2))))
    after = layout.place(GraphData(edges((3, 2), (4, 2))))  # 1 has gone, 4 has come
    assert after[2] == before[2]
    assert after[3] == before[3]
    assert after[4] == before[1]


def test_a_cycle_stands_in_the_order_of_who_waits_for_whom() -> None:
    assert cycle_order([1, 2, 3], edges((1, 3), (3, 2), (2, 1))) == (1, 3, 2)
    places = RingLayout().place(GraphData(edges((1, 2), (2, 1), (5, 1)), cycle=(1, 2)))
    assert places[1][1] == pytest.approx(places[2][1])  # two stand side by side
    assert set(places) == {1, 2, 5}
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places.values())


def test_many_nodes_do_not_stand_on_one_another() -> None:
    places = RingLayout().place(GraphData(edges(*((n, n + 1) for n in range(20)))))
    assert len(set(places.values())) == 21


def test_taking_in_keeps_to_its_budget(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "made-up.lane"
    write_synthetic(path, lanes=16, slices=300_000)
    clock = iter(range(10_000))
    bridge = SessionBridge(clock=lambda: next(clock) / 1000)  # every look at the clock is 1 ms later
    bridge.open(path)
    polls = 0
    poll = bridge._feed.reader.poll

    def counted(limit: int) -> object:
        nonlocal polls
        polls += 1
        return poll(limit)

    bridge._feed.reader.poll = counted
    assert bridge.take_in(0.004)
    assert 1 <= polls <= 4
    bridge.close()


def test_findings_are_told_once_and_again_when_they_change(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "made-up.lane"
    write_synthetic(path, lanes=8, group=4, slices=2000, deadlock=True)
    bridge = SessionBridge()
    added: list[dict[str, object]] = []
    changed: list[dict[str, object]] = []
    bridge.finding_added.connect(added.append)
    bridge.finding_changed.connect(changed.append)
    bridge.open(path)
    qtbot.waitUntil(lambda: not bridge.take_in() and bool(added), timeout=20_000)
    assert len(added) == 1
    number = next(iter(bridge.model.findings))
    bridge.replace_finding({**bridge.model.findings[number], "resolved_ns": 5})
    bridge.replace_finding(bridge.model.findings[number])
    assert len(added) == 1
    assert len(changed) == 1
    bridge.close()


def test_messages_replace_their_own_kind_and_never_pile_up(qtbot: QtBot) -> None:
    below = QWidget()
    below.resize(600, 400)
    below.show()
    qtbot.addWidget(below)
    messages = Messages(lambda: "#ffffff", below)
    messages.show_message(Message("a", "first"))
    messages.show_message(Message("a", "second"))
    assert messages.texts() == ["second"]
    for number in range(10):
        messages.show_message(Message(str(number), str(number)))
    assert len(messages.texts()) == MOST_SHOWN
    assert messages.geometry().bottom() == below.rect().bottom(), "they lie over its foot and move nothing"
    below.resize(300, 500)
    assert messages.width() == 300
    while messages.dismiss_newest():
        pass
    assert messages.isHidden()


def test_source_is_shown_with_its_marked_line(qtbot: QtBot) -> None:
    view = SourceView(ActiveTheme())
    qtbot.addWidget(view)
    view.show_text("code.py", "".join(f"x = {number}\n" for number in range(1, 100)))
    view.mark({50: "#333333"}, 50)
    assert view.textCursor().block().text() == "x = 50"


def test_source_keeps_its_line_in_the_middle_when_it_gets_its_size(qtbot: QtBot) -> None:
    view = SourceView(ActiveTheme())
    qtbot.addWidget(view)
    view.resize(300, 40)
    view.show()
    view.show_text("code.py", "".join(f"x = {number}\n" for number in range(1, 100)))
    view.mark({50: "#333333"}, 50)
    view.resize(300, 400)
    middle = view.viewport().height() / 2
    assert view.cursorRect().center().y() == pytest.approx(middle, abs=2 * view.fontMetrics().height())
    view.verticalScrollBar().setValue(0)
    view.resize(300, 300)
    assert view.verticalScrollBar().value() == 0


def test_source_is_of_the_recording_where_it_has_it(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text("x = 1\n")
    model = Model({})
    assert source_text(model, str(path)) == "x = 1\n"
    model.take_in(Batch(texts=[{"type": "source", "file": str(path), "text": "x = 0\n"}]))
    assert source_text(model, str(path)) == "x = 0\n"
    assert source_text(model, str(tmp_path / "gone.py")) is None


def test_hidden_panels_are_left_out_and_shown_ones_take_turns() -> None:
    class Counting:
        def __init__(self) -> None:
            self.refreshed = 0

        def show_model(self, model: object) -> None: ...

        def refresh(self) -> None:
            self.refreshed += 1

    ticks: Iterator[float] = iter(number / 1000 for number in range(1000, 100_000, 50))  # 50 ms pass at every look
    costs: Iterator[float] = iter(number / 1000 for number in range(0, 100_000, 3))  # as if a panel took 3 ms
    budget = FrameBudget(thread_time=lambda: next(costs), now=lambda: 0.0)
    every, plots, first, second = (Counting() for _ in range(4))
    views = Views([every], plots, [first, second], budget, now=lambda: next(ticks))
    budget.begin()
    views.refresh_frame()
    assert (every.refreshed, plots.refreshed, first.refreshed + second.refreshed) == (1, 1, 1)
    for _ in range(20):
        budget.begin()
        views.refresh_frame()
    assert first.refreshed > 1
    assert abs(first.refreshed - second.refreshed) <= 1


def test_the_sample_is_offered_only_when_there_is_one(
    open_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_for: Wait
) -> None:
    monkeypatch.setattr(recordings, "SAMPLES", tmp_path)
    assert [button.text() for button in open_window().welcome.buttons][2:] == ["Open…"]
    write_synthetic(tmp_path / "sample.lane", lanes=4, slices=500)
    window = open_window()
    assert [button.text() for button in window.welcome.buttons][2:] == ["Open sample", "Open…"]
    window.welcome.buttons[2].click()
    wait_for(lambda: "sample.lane" in window.windowTitle())


def test_the_first_page_leads_to_a_program_of_ones_own(window: MainWindow) -> None:
    offered = {button.text(): button for button in window.welcome.findChildren(QPushButton)}
    offered["Run program…"].click()
    assert window.program_form.isVisible()


def test_the_first_page_leads_to_a_deadlock(window: MainWindow, wait_for: Wait) -> None:
    assert window.pages.currentWidget() is window.welcome
    window.welcome.buttons[1].click()
    wait_for(window.banner.isVisible)
    assert window.docks["findings"].windowTitle() == "Findings 1"
    assert "Findings" in [action.text() for action in window.docks.go_actions()], "its name in the palette stays"
    window.acts["stop"].trigger()
    wait_for(lambda: not window.bridge.running)
    rows = locks_shown(window, wait_for)
    assert "together" in [row.primitive.name for row in rows]
    assert [held(row, row.hold_ns) for row in rows if row.primitive.kind == "Barrier"] == [""]
    assert "_reports" not in [row.primitive.name for row in rows]


def test_a_finished_run_without_findings_says_so(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write_synthetic(tmp_path / "clean.lane", lanes=4, slices=500)
    window.open(tmp_path / "clean.lane")
    wait_for(lambda: shown_whole(window))
    window.findings.refresh_anew()
    assert window.findings._hint.label.text() == "Nothing found in this run."


def locks_shown(window: MainWindow, wait_for: Wait) -> list[LockStatistics]:
    """Once they have been counted, in as many pieces as that takes."""
    window.locks.refresh_anew()
    wait_for(lambda: window.locks.table.row_model.rows)
    return window.locks.table.row_model.rows


def test_every_panel_says_what_will_appear(window: MainWindow) -> None:
    for name in ("findings", "locks", "workers", "output", "statistics", "wait-for", "source"):
        body: QWidget = window.docks[name].widget()
        assert body.layout().currentIndex() == 0, name


def test_figures_keep_their_width() -> None:
    assert len(fixed_percent(0.001)) == len(fixed_percent(1.0))
    assert (elapsed(12), elapsed(3723)) == ("00:12", "1:02:03")
    assert grouped(1234567) == "1\u202f234\u202f567"
    assert sorted(["worker-10", "worker-2"], key=natural) == ["worker-2", "worker-10"]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ({"ended_by": "itself", "exit_status": 0}, ""),
        ({"ended_by": "stop", "exit_status": -9}, ""),
        ({"ended_by": "itself", "exit_status": 3}, "The program ended with exit status 3"),
        ({"ended_by": "signal 11", "exit_status": -11}, "The program was ended by signal 11."),
        ({"ended_by": "time limit", "exit_status": -15}, "time limit"),
    ],
)
def test_how_a_program_ended_is_said_where_it_wants_a_word(end: dict[str, object], words: str) -> None:
    assert words in ending_words(end)
    assert bool(words) == bool(ending_words(end))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"done": 4, "total": 4, "result": "4"}, "done"),
        ({"done": 2, "total": 4}, "ended early"),
        ({"done": 2, "total": 4, "error": "IndexError: list index out of range"}, "failed"),
        ({"done": 2, "total": 4, "error": "process 944 was killed by SIGKILL"}, "killed by SIGKILL"),
    ],
)
def test_a_workers_end_is_named(report: dict[str, object], words: str) -> None:
    assert ending(None, report) == words


def test_the_worst_finding_is_shown_until_another_is_chosen(window: MainWindow, wait_for: Wait, tmp_path: Path) -> None:
    write_synthetic(tmp_path / "stuck.lane", lanes=8, group=4, slices=2000, deadlock=True)
    window.open(tmp_path / "stuck.lane")
    panel = window.findings
    wait_for(lambda: panel.table.chosen() is not None)
    model, found = window.bridge.model, panel.table.chosen()
    assert model is not None
    assert found is not None

    def shown_beside(number: int, start_ns: int) -> object:
        model.findings[number] = {**found, "id": number, "start_ns": start_ns}
        panel.refresh_anew()
        wait_for(lambda: len(panel.table.row_model.rows) == len(model.findings))
        chosen = panel.table.chosen()
        return chosen["id"] if chosen is not None else None

    assert shown_beside(1000, found["start_ns"] + 1) == found["id"]
    assert shown_beside(1001, found["start_ns"] - 1) == 1001, "it comes before"
    panel.table.row_chosen.emit(panel.table.chosen())
    assert shown_beside(1002, found["start_ns"] - 2) == 1001, "the user's choice stays"


def test_an_error_while_painting_ends_the_painting(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What caught the error keeps the painter: were it not ended, Qt would fail once it is destroyed."""
    canvas = window.timeline.canvas
    window.pages.setCurrentIndex(1)

    def fail(*_: object) -> None:
        raise ValueError

    with monkeypatch.context() as broken, qtbot.capture_exceptions() as caught:
        broken.setattr(Painting, "paint_empty", fail)
        canvas.update()
        qtbot.waitUntil(lambda: bool(caught))
    assert {kind for kind, *_ in caught} == {ValueError}
    assert not canvas.paintingActive()
    canvas.repaint()
