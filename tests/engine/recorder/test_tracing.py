"""What ends the recorder's rest between two cycles."""

import socket
import time
from pathlib import Path

from engine.recorder.definitions.registry import Registry
from engine.recorder.tracing import Tracing

LONG_S = 30.0


def test_the_rest_ends_when_somebody_has_something_to_say(tmp_path: Path) -> None:
    """Else a test that asks what was found in it would wait for a cycle, 60 ms where these are dear."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tracing = Tracing(tmp_path, Registry(lambda _: None), lambda *_: None)
        tracing.listen(theirs.fileno())
        began = time.monotonic()
        ours.send(b"{}")
        tracing.wait(LONG_S)
        assert time.monotonic() - began < LONG_S
        tracing.listen(theirs.fileno(), to_it=False)
        tracing.wait(0)
