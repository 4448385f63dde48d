"""A predicted deadlock is proven in the window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.session import Session, program_request
from gui.main_window import MainWindow
from tests.gui.opening import shown_whole

Wait = Callable[[Callable[[], object]], None]
CORPUS = Path(__file__).parents[1] / "engine" / "corpus"


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    """A recording of a run that got through."""
    session = Session(program_request([str(CORPUS / "slow_transfer.py")], recording=tmp_path / "run.lane"))
    session.start()
    session.wait(60)
    session.close()
    return tmp_path / "run.lane"


def test_a_prediction_is_proven_and_its_proof_opened(window: MainWindow, wait_for: Wait, predicted: Path) -> None:
    window.open(predicted)
    wait_for(lambda: shown_whole(window))
    wait_for(lambda: window.findings.prove.isVisible() and window.findings.prove.isEnabled())
    assert "slow_transfer.py" in window.findings.prove.toolTip(), "what is run again is said beforehand"
    window.findings.prove.setFocus()
    window.findings.prove.click()
    assert window.findings.cancel.isVisible()
    assert window.focusWidget() is window.findings.cancel
    assert "run 1 of 5" in window.findings.remark.text()
    wait_for(window.findings.open_proof.isVisible)
    (found,) = window.bridge.model.findings.values() if window.bridge.model else ()
    assert (found["kind"], found["certainty"]) == ("potential-deadlock", "confirmed")
    assert "confirmed in run" in window.findings.remark.text()
    assert window.focusWidget() is window.findings.open_proof, (
        "what was pressed is hidden: the focus goes to what comes"
    )
    window.findings.open_proof.click()
    wait_for(window.banner.isVisible)
    assert window.bridge.path == Path(found["recording"])


def test_a_proof_can_be_cancelled(window: MainWindow, wait_for: Wait, predicted: Path) -> None:
    window.open(predicted)
    wait_for(lambda: window.findings.prove.isVisible() and window.findings.prove.isEnabled())
    window.findings.prove.click()
    window.findings.cancel.click()
    assert not window.proving.proof.running
    assert window.findings.prove.isVisible()
    assert [found["certainty"] for found in window.bridge.model.findings.values()] == ["predicted"]
    assert list(predicted.parent.glob("*proof*")) == []
