"""The project whose tests are run: it has packages of the names that Lanescope's have."""

from pathlib import Path

import pytest

from tests.engine.pytest_plugin.projects import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANESCOPE_HOME", str(tmp_path / "home"))
    return make_project(tmp_path)
