"""One table of actions: nothing in it is dead, hidden or ambiguous."""

from collections import Counter
from collections.abc import Callable
from itertools import groupby

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QScrollArea, QSpinBox
from pytestqt.qtbot import QtBot

from gui.action_table import ACTIONS, MENUS, When
from gui.main_window import MainWindow
from gui.widgets.fuzzy import fuzzy_score
from gui.widgets.icons import FOLDER
from gui.window.overlays.colour_key import STATE_MEANINGS
from gui.window.overlays.keys import KeysOverlay

Wait = Callable[[Callable[[], object]], None]


def test_no_key_and_no_id_stands_for_two_things(window: MainWindow) -> None:
    keys = [action.shortcut().toString() for action in (*window.acts.all(), *window.docks.go_actions())]
    assert [key for key, times in Counter(filter(None, keys)).items() if times > 1] == []
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)


def test_every_action_stands_in_a_menu_has_a_tip_and_does_something(window: MainWindow) -> None:
    shown = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    for spec in ACTIONS:
        assert spec.menu in MENUS
        assert window.acts[spec.id] in shown, spec.id
        assert spec.tip
        assert window.acts[spec.id].receivers("2triggered(bool)") > 0, spec.id
        assert not spec.icon or (FOLDER / f"{spec.icon}.svg").exists()


def test_lines_divide_the_menus(window: MainWindow) -> None:
    panels = set(window.docks.toggle_actions())
    for menu in window.menuBar().actions():
        inside = [action for action in menu.menu().actions() if action not in panels]
        together = [list(of) for line, of in groupby(inside, QAction.isSeparator) if not line]
        assert max(map(len, together)) <= 5, menu.text()
        assert not inside[0].isSeparator()


def test_each_menu_opens_by_alt_and_a_letter_of_its_own(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    window.activateWindow()
    wait_for(window.isActiveWindow)
    menus = [action.menu() for action in window.menuBar().actions()]
    assert [menu.title() for menu in menus] == [f"&{name}" for name in MENUS]
    for menu in menus:
        qtbot.keyClick(window, menu.title()[1].lower(), Qt.KeyboardModifier.AltModifier)
        wait_for(menu.isVisible)
        qtbot.keyClick(menu, Qt.Key.Key_Escape)
        wait_for(menu.isHidden)


def test_actions_are_enabled_only_when_they_are_possible(window: MainWindow, wait_for: Wait) -> None:
    def enabled(when: When) -> set[bool]:
        return {window.acts[spec.id].isEnabled() for spec in ACTIONS if spec.when is when}

    assert enabled(When.READY) == {True}
    assert enabled(When.RUNNING) == enabled(When.RECORDING) == enabled(When.DEADLOCK) == {False}
    window.acts["deadlock"].trigger()
    wait_for(window.banner.isVisible)
    assert enabled(When.READY) == enabled(When.SAVEABLE) == {False}
    assert enabled(When.RUNNING) == enabled(When.RECORDING) == enabled(When.DEADLOCK) == {True}


def test_the_palette_finds_by_letters_and_does_it(window: MainWindow, qtbot: QtBot) -> None:
    window.acts["palette"].trigger()
    palette = window.palette_overlay
    assert palette.isVisible()
    qtbot.keyClicks(palette.input, "drklgt")
    assert palette.list.currentItem().text(0) == "Dark or light"
    dark = window.themes.current.dark
    qtbot.keyClick(palette.input, Qt.Key.Key_Return)
    assert window.themes.current.dark is not dark
    assert not palette.isVisible()


def test_the_palette_goes_on_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.acts["palette"].trigger()
    qtbot.keyClick(window.palette_overlay.input, Qt.Key.Key_Escape)
    assert not window.palette_overlay.isVisible()


@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        ("rl", "Reset layout", True),
        ("xyz", "Run", False),
        ("", "Run", True),
        ("4713 main", "MainThread Process-1 4713", True),
        ("4711 main", "MainThread Process-1 4713", False),
        ("lr", "Reset layout", False),
    ],
)
def test_letters_must_occur_in_order_words_in_any(typed: str, text: str, fits: bool) -> None:
    assert (fuzzy_score(typed, text) is not None) is fits


def test_starts_of_words_come_first() -> None:
    assert (fuzzy_score("layout reset", "Reset layout") or 0) < (fuzzy_score("reset layout", "Reset layout") or 0)
    assert (fuzzy_score("fa", "Fit all") or 0) > (fuzzy_score("fa", "Default") or 0)


def test_the_keys_of_every_action_and_menu_are_listed_and_fit_into_a_low_window(window: MainWindow) -> None:
    window.resize(1280, 686)  # of 720, with what the window manager puts round it
    window.acts["keys"].trigger()
    texts = [label.text() for label in window.keys.findChildren(QLabel)]
    words = " ".join(" ".join(texts).split())
    assert [spec.text for spec in ACTIONS if spec.text.removesuffix("…") not in words] == []
    assert [name for name in MENUS if f"Alt+{name[0]}" not in words] == []
    assert all(action.shortcut().toString() in words for action in window.acts.all())
    sheet = window.keys.findChild(QScrollArea)
    assert [bar.maximum() for bar in (sheet.horizontalScrollBar(), sheet.verticalScrollBar())] == [0, 0]


def test_the_keys_are_prepared_in_pieces(window: MainWindow, wait_for: Wait) -> None:
    overlay = KeysOverlay(window.acts, window)
    counts = []
    for _ in range(4):
        counts.append(len(overlay.findChildren(QLabel)))
        overlay.prepare()
    assert counts[0] == 0 < counts[1] < counts[2] < counts[3] == len(overlay.findChildren(QLabel))
    wait_for(lambda: "keys" in vars(window) and len(window.keys.findChildren(QLabel)) == counts[3])  # unasked


def test_guide_colours_keys_and_preferences_are_shown(window: MainWindow) -> None:
    window.acts["guide"].trigger()
    assert "Deadlock" in window.text_page.browser.toPlainText()
    window.acts["colours"].trigger()
    text = window.text_page.browser.toPlainText()
    assert all(meaning in text for meaning in STATE_MEANINGS.values())
    window.text_page.dismiss()
    window.acts["keys"].trigger()
    assert window.keys.isVisible()
    window.keys.dismiss()
    window.acts["preferences"].trigger()
    assert window.preferences.isVisible()


def test_a_recordings_folder_that_is_none_is_refused_at_its_field(window: MainWindow) -> None:
    window.preferences.open()
    window.preferences.folder.setText("/no/such/folder")
    window.preferences.folder.editingFinished.emit()
    assert "/no/such/folder is not a folder" in window.preferences.folder_row.error
    assert window.settings.get("recordings_folder", "") == ""


def test_everything_that_can_be_operated_has_a_name(window: MainWindow) -> None:
    def nameless(widget: QAbstractButton | QLineEdit | QComboBox | QSpinBox) -> bool:
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        return not (widget.accessibleName() or text or widget.toolTip())

    kinds = (QAbstractButton, QLineEdit, QComboBox, QSpinBox)
    own = [
        widget for kind in kinds for widget in window.findChildren(kind) if not widget.objectName().startswith("qt_")
    ]
    own = [widget for widget in own if not isinstance(widget.parent(), QLineEdit)]  # Qt's own button that clears a line
    assert [f"{type(widget).__name__} in {type(widget.parent()).__name__}" for widget in own if nameless(widget)] == []
