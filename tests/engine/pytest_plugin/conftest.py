"""The project whose tests are run: it has packages of the names that Lanescope's have."""

from pathlib import Path

import pytest

from tests.engine.pytest_plugin.projects import TESTS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANESCOPE_HOME", str(tmp_path / "home"))
    (tmp_path / "project" / "engine").mkdir(parents=True)
    (tmp_path / "project" / "engine" / "__init__.py").write_text('NAME = "own"\n')
    (tmp_path / "project" / "test_locks.py").write_text(TESTS)
    (tmp_path / "project" / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    return tmp_path / "project"
