"""What is remembered, and that garbage in the file harms nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.scenarios import catalogue
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.state.run_configuration import RunConfiguration
from gui.theme import StatePalette


def test_values_survive_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path)
    settings.put("dark", False)
    settings.put("recent", ["a", "b"])
    settings.put_bytes("layout", b"\x00\xff")
    assert settings.save() is None
    again = Settings(path)
    assert again.get("dark", True) is False
    assert again.get_texts("recent") == ["a", "b"]
    assert again.get_bytes("layout") == b"\x00\xff"


@pytest.mark.parametrize(
    "content", ["", "{", "[1, 2]", "null", '{"dark": "maybe", "recent": [1, "x"], "layout": "%%%"}', "\x00\xff"]
)
def test_garbage_counts_as_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    settings = Settings(path)
    assert settings.get("dark", True) is True
    assert set(settings.get_texts("recent")) <= {"x"}
    assert settings.get_bytes("layout") == b""
    assert settings.get_mapping("run") == {}


def test_each_change_of_a_choice_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path)
    configuration = RunConfiguration(catalogue.scenarios())
    configuration.changed.connect(lambda: settings.put("run", configuration.as_json()))
    for workers in (9, 25, 7):
        configuration.set_workers(workers)
        assert settings.save() is None
        remembered = Settings(path).get_mapping("run")
        assert RunConfiguration(catalogue.scenarios(), remembered).workers == workers


def test_two_windows_keep_each_others_changes(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Settings(path), Settings(path)
    one.put("dark", False)
    other.put("palette", "high contrast")
    one.save()
    other.save()
    both = Settings(path)
    assert (both.get("dark", True), both.get("palette", "")) == (False, "high contrast")


def test_an_unwritable_folder_is_one_plain_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.json")
    settings.put("dark", False)
    assert "could not be saved" in (settings.save() or "")


def test_a_window_opens_on_garbage(open_window: Callable[[], MainWindow]) -> None:
    path = Settings().path
    path.parent.mkdir(parents=True)
    path.write_text(
        '{"geometry": "AAAA", "layout": "AAAA", "centre": "%", "run": {"scenario": 7, "choices": []},'
        ' "custom": {"groups": "x", "queues": []}, "palette": 3, "plots": "no"}'
    )
    window = open_window()
    assert window.isVisible()
    assert window.custom.errors() == []


def test_theme_palette_and_panels_are_remembered(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.themes.choose(dark=False, palette=StatePalette.HIGH_CONTRAST)
    window.docks["details"].hide()
    had_plots = window.plots.isVisibleTo(window)
    window.show_plots(not had_plots)
    window.close()
    again = open_window()
    assert again.settings.get("dark", True) is False
    assert again.settings.get("palette", "") == "high contrast"
    assert again.docks["details"].isHidden()
    assert again.plots.isHidden() is had_plots
    again.acts["reset-layout"].trigger()
    assert not again.docks["details"].isHidden()
    assert again.plots.isHidden() is not had_plots  # as the height allows


def test_a_change_is_written_without_the_window_being_closed(
    open_window: Callable[[], MainWindow], wait_for: Callable[[Callable[[], object]], None]
) -> None:
    window = open_window()
    window.themes.choose(dark=False)
    window.configuration.choose("convoy")
    wait_for(lambda: Settings().get("dark", True) is False)
    assert Settings().get_mapping("run")["scenario"] == "convoy"
    other = open_window()
    assert not other.themes.current.dark
    assert other.configuration.scenario.name == "convoy"
