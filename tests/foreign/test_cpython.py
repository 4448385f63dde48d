"""CPython's own tests come out the same when they are recorded: the quick ones. `cpython_suites` runs them all."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.foreign.cpython_suites import SUITES, compare, version_of
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
