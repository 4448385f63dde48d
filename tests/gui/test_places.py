"""Where things stand: the way of Tab, low windows, the deadlock banner."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from gui.main_window import MainWindow
from gui.panels.plots.header import LINE_PX
from gui.settings import Settings
from gui.theme import ActiveTheme
from gui.timeline.layout.geometry import RULER_PX
from gui.timeline.layout.row_shape import ROW_PX
from gui.window.bars.banner import DeadlockBanner
from gui.window.layout.tab_order import tab_stops
from gui.window.wording import first_work_line

FINDING = {
    "id": 1,
    "kind": "deadlock",
    "edges": [{"waiter": 0, "holder": 1}],
    "title": "Deadlock of philosopher-1, philosopher-2, philosopher-3, philosopher-4 and philosopher-5",
    "explanation": "; ".join(f"philosopher-{n} holds fork {n} and waits for fork {n % 5 + 1}" for n in range(1, 6)),
}


def test_tab_reaches_everything_as_it_is_laid_out(
    window: MainWindow, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    wait_for(lambda: not window.soon.busy)
    window.pages.setCurrentIndex(1)
    QApplication.processEvents()
    bar, workload = window.tool_bar, window.workload
    parameter = next(iter(workload.page.fields.values())).findChildren(QWidget)
    stops = tab_stops(window)
    wanted = [bar.scenario, workload.tree.search, workload.tree.tree, workload.page.source, *(
        [stop for stop in stops if stop in parameter][:1]
    ), workload.run_button, window.timeline.canvas]  # fmt: skip
    places = [stops.index(one) for one in wanted]
    assert places == sorted(places)
    assert len(places) == 7


def test_a_panel_has_a_key_that_brings_it_up_and_closes_it_and_esc_leads_back(
    window: MainWindow, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    window.pages.setCurrentIndex(1)
    window.activateWindow()
    wait_for(window.isActiveWindow)
    canvas, docks = window.timeline.canvas, window.docks
    canvas.setFocus()
    (key,) = (action.shortcut() for action in docks.go_actions() if action.text() == "Locks")
    (in_menu,) = (action for action in docks.toggle_actions() if action.text().startswith("Locks\t"))
    assert in_menu.isChecked()
    assert not docks.shown("locks"), "it is behind another"
    QTest.keySequence(window, key)
    wait_for(lambda: docks.shown("locks"))
    assert docks["locks"].isAncestorOf(window.focusWidget())
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert window.focusWidget() is canvas
    QTest.keySequence(window, key)
    assert docks.shown("locks"), "one that can be seen is gone to"
    assert docks["locks"].isAncestorOf(window.focusWidget())
    QTest.keySequence(window, key)
    assert docks["locks"].isHidden()
    assert not in_menu.isChecked()
    in_menu.trigger()
    wait_for(lambda: docks.shown("locks"))
    docks.bring_up("findings")
    wait_for(lambda: docks.shown("findings"))
    in_menu.trigger()
    wait_for(lambda: docks.shown("locks"))
    assert in_menu.isChecked()
    in_menu.trigger()
    assert docks["locks"].isHidden()


def test_tab_goes_on_and_comes_back(window: MainWindow) -> None:
    window.activateWindow()
    window.workload.tree.search.setFocus()
    seen = []
    for _ in range(200):
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        seen.append(window.focusWidget())
        if seen[-1] is window.workload.tree.search:
            break
    assert seen[-1] is window.workload.tree.search
    assert len(set(map(id, seen))) == len(seen)
    assert window.tool_bar.scenario in seen
    QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is seen[-2]


@pytest.mark.parametrize(("height", "shown"), [(720, False), (900, True)])
def test_a_low_window_leaves_the_plots_out(window: MainWindow, height: int, shown: bool) -> None:
    window.pages.setCurrentIndex(1)
    window.resize(1280, height)
    assert window.plots.isVisible() is shown
    window.show_plots(not shown)
    window.resize(1280, height - 8)
    assert window.plots.isVisible() is not shown  # what was chosen holds at any height


def test_the_plots_have_room_for_their_values_in_a_full_hd_window_and_keep_the_height_that_was_chosen(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    window.resize(1920, 1030)
    window.pages.setCurrentIndex(1)
    QApplication.processEvents()
    assert min(header.height() for header in window.plots.headers) >= 2 * LINE_PX + 4, "name and value"
    assert window.timeline.height() > 2 * window.plots.height()
    split, handle = window.centre_split, window.centre_split.handle(1)
    at = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(handle, at - QPoint(0, 60))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=at - QPoint(0, 60))
    chosen, lanes = window.plots.height(), window.timeline.height()
    assert chosen == split.sizes()[1]
    window.show_plots(False)
    window.show_plots(True)
    QApplication.processEvents()
    assert (window.plots.height(), window.timeline.height()) == (chosen, lanes)
    window.resize(1920, 930)
    QApplication.processEvents()
    assert window.plots.height() == chosen, "the lanes give way"
    window.close()
    again = open_window()
    again.resize(1920, 1030)
    again.pages.setCurrentIndex(1)
    QApplication.processEvents()
    assert again.plots.height() == chosen
    again.acts["reset-layout"].trigger()
    QApplication.processEvents()
    assert again.plots.height() < chosen


def test_a_low_window_shows_six_lanes_below_the_banner(window: MainWindow) -> None:
    window.pages.setCurrentIndex(1)
    window.banner.show_finding(FINDING, running=True, repaired=True)
    QApplication.processEvents()
    geometry = window.timeline.canvas.geometry_now()
    assert (geometry.height - RULER_PX) // ROW_PX >= 6


@pytest.mark.parametrize("width", [420, 700, 1200])
def test_the_banner_stays_low(qapp: QApplication, width: int) -> None:
    banner = DeadlockBanner(ActiveTheme(dark=True))
    banner.show_finding(FINDING, running=True, repaired=True)
    banner.resize(width, banner.heightForWidth(width))
    assert banner.sizeHint().height() <= 84
    assert banner.words.toolTip() == FINDING["explanation"]
    banner.deleteLater()


def test_a_scenario_opens_where_it_works() -> None:
    text = "import time\n\nSCENARIO = 1\n\n\ndef toolbox() -> None: ...\n\n\ndef work() -> None: ...\n"
    assert first_work_line(text) == 9
    assert first_work_line(text.replace("def work", "def step")) == 6
    assert first_work_line("x = 1\n") == 0


def test_the_buttons_of_a_narrow_banner_are_short_and_whole(window: MainWindow) -> None:
    banner = window.banner
    window.pages.setCurrentIndex(1)
    window.resize(900, 560)
    banner.show_finding(FINDING, running=True, repaired=True)
    QApplication.processEvents()
    for button in (banner.graph, banner.repaired, banner.end):
        assert button.isVisible()
        assert button.width() >= button.sizeHint().width(), button.text()
    assert str(FINDING["explanation"]) in banner.title.toolTip()


def test_places_are_kept_soon_after_a_change(
    window: MainWindow, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    window.docks["findings"].hide()
    wait_for(lambda: window.settings.get_bytes("layout") == window.docks.save())
    window.docks.resize({"workload": 320}, Qt.Orientation.Horizontal)
    wait_for(lambda: Settings().get_bytes("layout") == window.docks.save())


def test_a_narrow_banner_tells_all_its_words(window: MainWindow) -> None:
    words = "worker-1 holds accounts and waits for audit; worker-2 holds audit and waits for accounts"
    window.pages.setCurrentIndex(1)
    window.banner.show_finding({**FINDING, "explanation": words}, running=True, repaired=True)
    QApplication.processEvents()
    label = window.banner.words
    assert label.isVisible()
    assert " ".join(label.wrapped(label.width())) == words


def test_the_deadlock_key_shows_what_it_runs(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.bridge, "start", lambda _request: True)
    window.configuration.choose("two_locks")
    window.workload.tree.search.setText("convoy")
    assert "two_locks" not in window.workload.tree.shown
    window.acts["deadlock"].trigger()
    assert "two_locks" in window.workload.tree.shown
