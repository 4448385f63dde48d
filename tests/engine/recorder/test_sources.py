"""What the recorder reads of a program's source files."""

from pathlib import Path

import pytest

from engine.recorder.definitions.sources import Sources

CANCELLING = "task.cancel()\n"


@pytest.mark.parametrize(
    ("file", "cancels"),
    [
        ("program.py", True),
        ("lib/python3.14/site-packages/library.py", True),
        ("lib/python3.13t/asyncio/runners.py", False),
        ("lib64/python3.11/asyncio/runners.py", False),
    ],
)
def test_whether_a_program_cancels_is_told_by_its_own_code(file: str, cancels: bool, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CANCELLING)
    sources = Sources()
    assert sources.text(str(path)) == CANCELLING
    assert sources.cancel is cancels


def test_a_program_that_cancels_nothing(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("cancelled = 0\n")
    sources = Sources()
    sources.text(str(path))
    assert not sources.cancel
