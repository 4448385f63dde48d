"""Names, copies and removal of recordings."""

import os
from datetime import datetime
from pathlib import Path

import pytest

from engine.recording import library

NOW = datetime(2026, 11, 22, 15, 4, 30)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANESCOPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_recordings_are_kept_in_the_folder_of_the_environment(home: Path) -> None:
    assert library.folder() == home / "recordings"
    assert library.folder().is_dir()


def test_names_say_when_and_what_and_are_new() -> None:
    first = library.new_path("two-locks", now=NOW)
    assert first.name == "2026-11-22 15.04 two-locks.lane"
    assert first.read_bytes() == b""  # nobody else can take the name
    second = library.new_path("two-locks", now=NOW)
    assert second.name == "2026-11-22 15.04 two-locks 2.lane"
    second.write_bytes(b"2")
    assert library.new_path("two-locks", now=NOW).name.endswith("two-locks 3.lane")


def test_the_name_of_a_recording_that_was_not_made_is_free_again() -> None:
    first, second = (library.new_path("two-locks", now=NOW) for _ in range(2))
    second.write_bytes(b"2")
    for path in (first, second):
        library.give_up(path)
    assert library.new_path("two-locks", now=NOW) == first
    assert second.read_bytes() == b"2"


@pytest.mark.parametrize(
    ("name", "kept"), [("a/b\\c:d", "a-b-c-d"), ("..", "recording"), ("", "recording"), ("x" * 300, "x" * 80)]
)
def test_names_suit_every_file_system(name: str, kept: str) -> None:
    assert library.new_path(name, now=NOW).name == f"2026-11-22 15.04 {kept}.lane"


def test_the_latest_come_first() -> None:
    for number, name in enumerate(("old", "new", "middle")):
        path = library.folder() / f"{name}.lane"
        path.write_bytes(b"12345")
        os.utime(path, (1000 + number, 1000 + (0, 5, 2)[number]))
    (library.folder() / "other.txt").write_text("no recording")
    assert [entry.path.stem for entry in library.recordings()] == ["new", "middle", "old"]
    assert library.recordings()[0].size == 5


def test_a_copy_is_whole_and_never_overwrites(tmp_path: Path) -> None:
    source = tmp_path / "a.lane"
    source.write_bytes(b"recording")
    target = library.save_as(source, tmp_path / "copy")
    assert target == tmp_path / "copy.lane"
    assert target.read_bytes() == b"recording"
    source.write_bytes(b"changed")
    with pytest.raises(FileExistsError):
        library.save_as(source, target)
    assert target.read_bytes() == b"recording"
    library.save_as(source, target, replace=True)
    assert target.read_bytes() == b"changed"
    assert library.save_as(source, source) == source
    assert source.read_bytes() == b"changed"
    with pytest.raises(FileNotFoundError):
        library.save_as(tmp_path / "none.lane", tmp_path / "b.lane")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.lane", "copy.lane"]


def test_only_recordings_are_removed(tmp_path: Path) -> None:
    keep, drop = tmp_path / "notes.txt", tmp_path / "a.lane"
    keep.write_text("x")
    drop.write_text("x")
    library.remove(drop)
    with pytest.raises(ValueError, match="not called"):
        library.remove(keep)
    assert keep.exists()
    assert not drop.exists()
