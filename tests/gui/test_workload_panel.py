"""Choosing and editing what is run; refusals at the field."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.scenarios import catalogue
from gui.main_window import MainWindow
from gui.panels.workload.custom_data import CustomData, first_workload
from gui.state.run_configuration import RunConfiguration

Wait = Callable[[Callable[[], object]], None]


def shown_scenarios(window: MainWindow) -> set[str]:
    return set(window.workload.tree.shown)


def test_the_catalogue_is_searched_by_words(window: MainWindow) -> None:
    everything = shown_scenarios(window)
    assert "two_locks" in everything
    window.workload.tree.search.setText("opposite order")
    assert "two_locks" in shown_scenarios(window)
    assert len(shown_scenarios(window)) < len(everything)
    window.workload.tree.search.setText("zebra crossing")
    assert shown_scenarios(window) == set()
    assert window.workload.tree.nothing.isVisible()


def test_arrow_and_enter_in_the_search_choose_and_run(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    search = window.workload.tree.search
    search.setText("opposite order")
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert window.configuration.scenario.name == "two_locks"
    qtbot.keyClick(search, Qt.Key.Key_Return)
    wait_for(lambda: window.bridge.running)


def test_the_best_hit_comes_first_and_is_the_first_choice(window: MainWindow, qtbot: QtBot) -> None:
    tree = window.workload.tree
    window.configuration.choose("convoy")
    tree.search.setText("Threads that wait")
    assert tree.shown[0] == "threads_that_wait"
    assert len(tree.shown) <= 5
    qtbot.keyClick(tree.search, Qt.Key.Key_Down)
    assert window.configuration.scenario.name == "threads_that_wait"
    tree.search.setText("deadlock")
    assert tree.tree.topLevelItem(0).text(0) == window.configuration.scenarios[tree.shown[0]].title


def test_what_is_chosen_elsewhere_is_visible_although_a_search_hid_it(window: MainWindow) -> None:
    tree = window.workload.tree
    tree.search.setText("memory")
    window.configuration.choose("two_locks")
    assert tree.search.text() == ""
    assert "two_locks" in tree.shown
    assert tree.tree.currentItem().text(0) == "Two locks in opposite order"


def test_panel_and_tool_bar_show_the_same_choices(window: MainWindow) -> None:
    window.configuration.choose("two_locks")
    assert window.workload.page.title.text() == "Two locks in opposite order"
    assert window.tool_bar.scenario.currentText() == "Two locks in opposite order"
    window.tool_bar.workers.setValue(5)
    assert window.workload.page.rows["workers"].editor.value() == 5
    window.configuration.set_backend("processes")
    assert window.tool_bar.backend.currentData() == "processes"
    assert not window.workload.page.rows["start_method"].isHidden()
    window.configuration.set_backend("threads")
    assert window.workload.page.rows["start_method"].isHidden()


def test_a_start_method_holds_for_all_that_starts_processes(window: MainWindow) -> None:
    chosen = window.configuration
    chosen.choose_custom(True)
    chosen.set_start_method("spawn")
    chosen.choose("two_locks")
    chosen.set_backend("processes")
    assert window.workload.page.rows["start_method"].editor.currentData() == "spawn"
    assert window.tool_bar.start_method.currentData() == "spawn"
    chosen.choose("threads_that_wait")
    deadlock = window.acts["deadlock-processes"]
    assert deadlock.text() == "Deadlock between processes (spawn)"
    assert "started by spawn" in deadlock.toolTip()
    remembered = RunConfiguration(chosen.scenarios.values(), chosen.as_json())
    remembered.choose("two_locks")
    assert remembered.start_method == "spawn"
    chosen.reset_parameters()
    assert deadlock.text() == "Deadlock between processes"


def test_a_start_method_that_a_scenario_does_not_admit_is_not_used_for_it() -> None:
    scenario = catalogue.scenarios()[0]
    chosen = RunConfiguration([scenario, replace(scenario, name="forks", start_methods=("fork",))])
    chosen.set_start_method("spawn")
    assert chosen.start_method == "spawn"
    chosen.choose("forks")
    assert chosen.start_method == ""


def test_a_wrong_value_is_refused_at_its_field_with_the_reason(window: MainWindow, qtbot: QtBot) -> None:
    window.configuration.choose("two_locks")
    field = window.workload.page.fields["hold_ms"]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "5000")
    assert field.error == "Hold time must be from 0 to 1\u202f000 ms, not 5\u202f000"
    assert field.editor.property("invalid")
    window.acts["run"].trigger()
    assert not window.bridge.running
    assert window.messages.texts() == [field.error]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "7.5")
    assert field.error == ""
    assert window.configuration.parameters == {"hold_ms": "7.5"}
    assert not field.editor.property("invalid")


def test_values_are_remembered_for_each_scenario_and_across_windows(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    window.configuration.choose("two_locks")
    window.configuration.set_parameter("hold_ms", "33")
    window.configuration.set_workers(7)
    window.configuration.choose("cpu_under_gil")
    window.configuration.choose("two_locks")
    assert window.workload.page.fields["hold_ms"].text() == "33"
    window.close()
    other = open_window()
    assert other.configuration.scenario.name == "two_locks"
    assert other.configuration.workers == 7
    assert other.workload.page.fields["hold_ms"].text() == "33"
    other.workload.page.reset.click()
    assert other.workload.page.fields["hold_ms"].text() == "20"


@pytest.mark.parametrize("typed", ["3 000 000", "3\u202f000\u202f000", "3000000"])
def test_large_numbers_are_read_as_they_are_written(window: MainWindow, typed: str) -> None:
    window.configuration.choose("shared_counter")
    field = window.workload.page.fields["updates"]
    assert isinstance(field.editor, QLineEdit)
    assert field.editor.text() == "4\u202f000\u202f000", "as its range beside it is"
    for text in ("3 00", "3 000 00", "1 2", typed):
        field.editor.selectAll()
        QApplication.clipboard().setText(text)
        field.editor.paste()  # as typing does, of which Qt's tests know only Latin letters
        assert bool(field.error) is (text != typed)
    assert field.value() == 3_000_000
    assert window.configuration.parameters["updates"] == "3000000"


def test_the_scenarios_source_is_shown(window: MainWindow) -> None:
    window.configuration.choose("two_locks")
    window.workload.page.source.click()
    assert window.source.view.file.endswith("two_locks.py")
    assert "SCENARIO = Scenario(" in window.source.view.toPlainText()
    assert window.source.view.isReadOnly()


def test_a_custom_workload_with_opposite_lock_orders_deadlocks_for_real(window: MainWindow, wait_for: Wait) -> None:
    window.acts["choose-custom"].trigger()
    assert window.configuration.custom
    window.acts["run"].trigger()
    wait_for(window.banner.isVisible)
    assert "holds accounts and waits for audit" in window.banner.words.text()


def test_custom_faults_are_shown_at_the_field_and_refuse_to_run(window: MainWindow, qtbot: QtBot) -> None:
    window.acts["choose-custom"].trigger()
    page = window.workload.custom
    field = page.form.fields["groups[0].workers"]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "0")
    assert field.error == "Workers must be from 1 to 256, not 0"
    window.acts["run"].trigger()
    assert not window.bridge.running
    assert window.messages.texts() == [field.error]
    name = page.form.fields["groups[0].name"]
    name.editor.selectAll()
    qtbot.keyClicks(name.editor, "auditors")
    assert "each name may occur once" in page.form.fields["groups[0].name"].error
    assert page.table.currentRow() == 0
    page.choose_group(1)
    assert "each name may occur once" in page.form.fields["groups[1].name"].error
    page.choose_group(0)
    field = page.form.fields["groups[0].workers"]
    assert (field.text(), field.error) == ("0", "Workers must be from 1 to 256, not 0")
    window.acts["run"].trigger()
    assert page.table.currentRow() == 0
    assert "auditors" in window.messages.texts()[0]


def test_a_group_that_drains_a_queue_has_no_iterations_of_its_own(window: MainWindow) -> None:
    page = window.workload.custom
    page.custom.add_queue()
    page.rebuild()
    iterations, drains = (page.form.fields[f"groups[0].{name}"] for name in ("iterations", "drains"))
    assert iterations.editor.isEnabled()
    drains.editor.setCurrentIndex(1)
    drains.editor.activated.emit(1)
    assert not iterations.editor.isEnabled()
    assert iterations.editor.accessibleDescription() == "One for each item taken from jobs."
    drains.editor.activated.emit(0)
    assert iterations.editor.isEnabled()


def test_messages_go_when_their_cause_is_gone(window: MainWindow, qtbot: QtBot) -> None:
    window.configuration.choose("two_locks")
    field = window.workload.page.fields["hold_ms"]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "5000")
    window.acts["run"].trigger()
    assert window.messages.texts() == [field.error]
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "20")
    assert window.messages.texts() == []


def test_workers_out_of_range_stay_with_their_reason_at_both_fields(window: MainWindow, qtbot: QtBot) -> None:
    window.configuration.choose("two_locks")
    box, row = window.tool_bar.workers, window.workload.page.rows["workers"]
    box.selectAll()
    qtbot.keyClicks(box, "9999")
    assert box.text() == row.editor.text() == "9999"
    assert box.property("invalid")
    assert box.toolTip() == row.error
    assert row.error == "Workers must be from 2 to 64, not 9\u202f999"
    window.acts["run"].trigger()
    assert not window.bridge.running
    assert window.messages.texts() == [row.error]
    box.selectAll()
    qtbot.keyClicks(box, "3")
    assert (row.error, window.configuration.workers, window.messages.texts()) == ("", 3, [])
    assert "How many workers" in box.toolTip()


def test_groups_are_added_duplicated_moved_and_removed(window: MainWindow, qtbot: QtBot, wait_for: Wait) -> None:
    window.acts["choose-custom"].trigger()
    page = window.workload.custom
    custom = page.custom
    page._move_to(custom.duplicate_group(0))
    wait_for(lambda: page.table.rowCount() == 3)
    assert [group["name"] for group in custom.groups] == ["tellers", "tellers-2", "auditors"]
    custom.move(custom.groups, 2, -1)
    assert [group["name"] for group in custom.groups] == ["tellers", "auditors", "tellers-2"]
    custom.remove_group(2)
    custom.add_group()
    assert custom.groups[-1]["name"] == "group"
    assert custom.errors() == []


def test_a_queue_that_is_renamed_or_removed_takes_its_users_along() -> None:
    custom = CustomData(first_workload())
    custom.add_queue()
    custom.groups[0]["feeds"] = custom.groups[1]["drains"] = "jobs"
    assert custom.errors() == []
    custom.rename_queue(0, "orders")
    assert custom.groups[0]["feeds"] == custom.groups[1]["drains"] == "orders"
    custom.remove_queue(0)
    assert custom.groups[0]["feeds"] is None
    assert custom.errors() == []


def test_custom_workloads_are_saved_and_loaded(window: MainWindow, tmp_path: Path) -> None:
    page = window.workload.custom
    page.custom.put(page.custom.groups[0], "workers", 3)
    page.save(tmp_path / "bank")
    assert json.loads((tmp_path / "bank.json").read_text())["groups"][0]["workers"] == 3
    page.custom.replace(first_workload())
    assert page.load(tmp_path / "bank.json")
    assert page.custom.groups[0]["workers"] == 3


@pytest.mark.parametrize("text", ["not json", "[]", '{"version": 1}', '{"version": 1, "groups": [{"name": ""}]}'])
def test_what_is_no_workload_is_refused_in_words(window: MainWindow, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    page = window.workload.custom
    before = json.dumps(page.custom.data)
    assert not page.load(path)
    assert "bad.json holds no workload that can run" in page.message.text()
    assert json.dumps(page.custom.data) == before


def test_a_refused_choice_is_seen_although_the_panel_was_closed(window: MainWindow) -> None:
    window.docks["workload"].hide()
    window.configuration.set_interpreter("/no/such/python")
    window.acts["run"].trigger()
    assert window.docks["workload"].isVisible()
    assert "/no/such/python" in window.workload.page.interpreter.row.error


def test_a_scenario_is_chosen_by_typing_its_first_letters(window: MainWindow) -> None:
    box = window.tool_bar.scenario
    QTest.keyClicks(box, "cpu")
    assert window.configuration.scenario.name == "cpu_under_gil"
