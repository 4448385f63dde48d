"""Run folders: private, and removed when whoever made them is gone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from engine.recorder.processes import run_folder

ROOT = Path(__file__).parents[3]


def test_a_run_folder_is_private_and_goes_away() -> None:
    path = run_folder.choose_path()
    run_folder.make(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    run_folder.remove_stale()
    assert path.exists(), "its maker is alive"
    (path / "1-1.ring").touch()
    run_folder.remove(path)
    assert not path.exists()


def test_only_our_own_folders_are_removed(tmp_path: Path) -> None:
    run_folder.remove(tmp_path)
    assert tmp_path.exists()


def test_the_folder_of_a_dead_recorder_is_removed() -> None:
    code = "from engine.recorder.processes import run_folder as f; p = f.choose_path(); f.make(p); print(p)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    path = Path(done.stdout.strip())
    assert path.exists()
    run_folder.remove_stale()
    assert not path.exists()


def test_a_folder_that_is_being_made_is_left_alone() -> None:
    path = run_folder.choose_path()
    path.mkdir()
    run_folder.remove_stale()
    assert path.exists()
    os.utime(path, (0, 0))
    run_folder.remove_stale()
    assert not path.exists()
