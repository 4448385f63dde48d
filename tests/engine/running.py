"""Runs of a few lines, for tests of sessions: what they print, and what of them is in the recording by now."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.recording.reader import NotARecording, RecordingReader
from engine.session import RunRequest, Session

PATIENCE_S = 20.0

Start = Callable[..., Session]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program that prints "ready" once it is where the test wants it."""
    sessions: list[Session] = []

    def start(source: str, *, until_ready: bool = True, **choices: Any) -> Session:
        number = len(sessions)
        script = tmp_path / f"program{number}.py"
        script.write_text(source)
        recording = choices.pop("recording", tmp_path / f"run{number}.lane")
        session = Session(RunRequest([sys.executable, str(script)], recording, tmp_path, **choices))
        sessions.append(session)
        session.start()
        if until_ready:
            wait_for(lambda: "ready" in output(session), session)
        return session

    yield start
    for session in sessions:
        session.close()


def wait_for(condition: Callable[[], bool], session: Session) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert not session.poll().over, session.poll()
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.01)


def texts(session: Session, kind: str) -> list[dict[str, Any]]:
    """All texts of one type in the recording as it is now."""
    try:
        reader = RecordingReader(session.request.recording)
    except (FileNotFoundError, NotARecording):  # not there yet, or nothing in it yet
        return []
    found = []
    while batch := reader.poll():
        found += [text for text in batch.texts if text["type"] == kind]
    reader.close()
    return found


def output(session: Session) -> str:
    return "".join(text["text"] for text in texts(session, "output"))
