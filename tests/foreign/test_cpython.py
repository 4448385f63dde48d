"""CPython's own tests come out the same when they are recorded: the quick ones. `cpython_suites` runs them all."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.foreign import cpython_suites
from tests.foreign.both_ways import Ran, version_of
from tests.foreign.cpython_suites import SUITES, compare
from tests.foreign.known_differences import reason_for


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("suite", ["thread", "threading_local", "threadsignals", "queue"])
def test_the_same_outcomes(tmp_path: Path, suite: str) -> None:
    if importlib.util.find_spec("test.support") is None:
        pytest.skip("this Python comes without its tests")
    version = version_of(sys.executable)
    for module in SUITES[suite]:
        entry = compare(sys.executable, module, tmp_path)
        assert entry.tests > 0
        assert not {test: how for test, how in entry.differences.items() if reason_for(version, test) is None}


def test_what_was_kept_of_a_plain_run_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "outcomes").write_text('["m.T.a", "begun", ""]\n["m.T.a", "passed", ""]\n')
    runs = []

    def run_module(_python: str, _module: str, names: tuple[str, ...], _folder: Path, *, recorded: bool) -> Ran:
        runs.append((names, recorded))
        return Ran({"m.T.a": ("failed" if recorded else "passed", "")})

    monkeypatch.setattr(cpython_suites, "run_module", run_module)
    entry = compare(sys.executable, "m", tmp_path / "now", tmp_path)
    assert runs == [((), True)] + [(("m.T.a",), recorded) for _ in range(2) for recorded in (False, True)]
    assert entry.tests == 1
    assert entry.differences == {"m.T.a": "passed, recorded: failed"}
    assert entry.plain_at
