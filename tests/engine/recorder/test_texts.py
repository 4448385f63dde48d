"""Text files: frames in order while they grow, and no more memory than what is unread."""

from pathlib import Path

import pytest

from engine.recorder.definitions import texts as reading
from engine.tracer import texts as writing

PRINTED = "x" * 4000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "1-1.texts"
    path.touch()
    return path


def size(path: Path) -> int:
    """Bytes that really lie on the disk or in memory."""
    return path.stat().st_blocks * 512


def test_what_was_read_takes_no_space(path: Path) -> None:
    writer, reader = writing.TextFile(str(path)), reading.TextFile(path)
    told = 0
    for _ in range(20):
        for _ in range(500):
            assert writer.write("output", 1, told, 1, PRINTED)
            told += 1
        frames = reader.poll()
        assert [frame[2] for frame in frames] == list(range(told - 500, told))
        if size(path) > 4 << 20:
            pytest.skip("this file system cannot punch holes")
    assert path.stat().st_size > 40_000_000
    reader.close()


def test_a_partial_frame_survives_its_hole(path: Path) -> None:
    reader = reading.TextFile(path)
    frame = writing.frame_bytes(("text", 1, "y" * (3 << 20)))
    path.write_bytes(frame[: 2 << 20])
    assert reader.poll() == []
    with path.open("ab") as file:
        file.write(frame[2 << 20 :])
    assert reader.poll() == [("text", 1, "y" * (3 << 20))]
    reader.close()


def test_nobody_reads(path: Path) -> None:
    """What is printed stops first, so that there is room for what defines things; then that stops too."""
    writer = writing.TextFile(str(path))
    while writer.write("output", 1, 0, 1, PRINTED * 100):
        assert size(path) < 2 * writing.OUTPUT_LIMIT
    assert writer.lost == 0
    assert writer.write("site", 1, "file.py", 1, "function")
    while writer.write("text", 1, PRINTED * 1000):
        assert size(path) < 2 * writing.LIMIT
    assert writer.lost == 1


def test_writing_goes_on_once_it_is_read(path: Path) -> None:
    writer, reader = writing.TextFile(str(path)), reading.TextFile(path)
    while writer.write("output", 1, 0, 1, PRINTED * 100):
        pass
    while reader.poll():
        pass
    if size(path) > writing.OUTPUT_LIMIT:
        pytest.skip("this file system cannot punch holes")
    assert writer.write("output", 1, 0, 1, PRINTED)
    reader.close()


def test_what_is_lost_is_told_to_who_counts_it(path: Path) -> None:
    """But for what is printed, of which its writer keeps count."""
    told: list[int] = []
    writer = writing.TextFile(str(path), told.append)
    assert writer.write("site", 1, "file.py", 1, "function")
    path.unlink()
    assert not writer.write("site", 2, "file.py", 2, "function")
    assert not writer.write("output", 1, 0, 1, PRINTED)
    assert not writer.write("nesting", 1)
    assert told == [1, 2]
