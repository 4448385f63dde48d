"""The small channel between a recorder and whoever started it: JSON objects, one a line, over a socket pair.

To the recorder: first `{"request": ..., "folder": ...}`, then `{"command": "stop" | "kill"}`, end of file means stop,
`{"command": "bookmark", "bookmark": {...}}` and `{"command": "hurry"}`: somebody waits for what has happened by now.
From the recorder: `{"phase": "running" | "stopping" | "finished" | "failed", ...}` (see engine.session.SessionStatus)
, `{"note": TEXT}`, and `{"gone": true}` once all processes of a program that was being ended are.
"""

import json
import socket
from typing import Any

_READ_SIZE = 1 << 16


class Channel:
    """One end. Reading never blocks after the first message; what cannot be sent is dropped, the other side is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = self._source = end
        self._rest = b""
        self._waiting: list[dict[str, Any]] = []  # came together with the first message
        self.closed = False  # by the other side
        end.setblocking(False)

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def source_fileno(self) -> int:
        """To wait for what is to be read."""
        return self._source.fileno()

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have come since; sets `closed`."""
        while not self.closed:
            try:
                data = self._source.recv(_READ_SIZE)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            self.closed = not data
            self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        messages = self._waiting + [json.loads(line) for line in lines]
        self._waiting = []
        return messages

    def receive_first(self) -> dict[str, Any]:
        """Blocks until a message is there. EOFError when the other side closes before."""
        while True:
            messages = self.receive()
            if messages:
                first, *self._waiting = messages
                return first
            if self.closed:
                raise EOFError("closed before anything was asked for")
            self._source.setblocking(True)
            try:
                self._rest += (data := self._source.recv(_READ_SIZE))
            finally:
                self._source.setblocking(False)
            self.closed = not data

    def read_from(self, source: socket.socket) -> None:
        """What the other side says, but for what was received already, comes by way of this one."""
        source.setblocking(False)
        self._source, self._rest, self._waiting, self.closed = source, b"", [], False

    def send(self, message: dict[str, Any]) -> None:
        """Sends one message."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self.closed = True

    def close(self) -> None:
        self._socket.close()
