"""One run, seen from outside: its recorder process, and the channel to it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.recorder.control import Channel
from engine.recorder.processes import killing, run_folder, tree
from engine.recorder.request import RunRequest
from engine.recording import library
from engine.recording.reader import NotARecording, RecordingReader

Phase = Literal["starting", "running", "stopping", "stopped", "finished", "failed"]  # stopped: nobody is left

RECORDER = Path(__file__).resolve().parents[1] / "recorder" / "__main__.py"
STOP_S = 4.0  # a recorder that has not ended the program by then is ended itself
WRITE_S = 30.0  # for what it has still to write, once nothing of the program is left
_POLL_S = 0.01


class SessionError(Exception):
    """The run could not be started; one plain line."""


@dataclass(frozen=True)
class SessionStatus:
    """How a run stands. Once it is "stopped", what its processes have recorded is still taken in.

    `exit_status` is negative for a signal; `message`: why it failed, or a note."""

    phase: Phase
    message: str = ""
    pid: int | None = None  # of the program
    exit_status: int | None = None
    ended_by: str | None = None  # as in the recording's program-end

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self.phase in {"finished", "failed"}


class Session:
    """One run. Every method returns at once, except `wait` and `close`.

    A program ends with its recorder, killed or not, so that nothing goes on unseen with nobody to stop it; in a
    terminal, where output is not captured, that takes a process that starts one run and little else.
    """

    def __init__(self, request: RunRequest) -> None:
        self.request = request
        self._status = SessionStatus("starting")
        self._outcome: SessionStatus | None = None  # told by the recorder, valid once its process has ended
        self._folder: Path | None = None
        self._recorder: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._deadline: float | None = None
        self._others: frozenset[int] = frozenset()  # processes below this one that are none of the run's
        self._leader: int | None = None  # of the program's session, where that is its own

    def start(self) -> None:
        """Starts recorder and program. SessionError: one plain line."""
        if os.name != "posix":
            raise SessionError("Programs can be recorded on Linux and macOS only so far; recordings open everywhere.")
        _reserve(self.request.recording)
        self._folder = run_folder.choose_path()
        if not self.request.capture_output:  # nothing tells its orphans from others but that they come to us
            tree.become_subreaper()
            self._others = frozenset(tree.descendants())
        ours, theirs = socket.socketpair()
        stream = subprocess.DEVNULL if self.request.capture_output else None
        # Whoever starts in a terminal hears its Ctrl-C too; the recorder is to hear none before it can take it.
        former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._recorder = subprocess.Popen(
                [sys.executable, "-P", str(RECORDER), "--control", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=stream,
                stdout=stream,
                stderr=stream,
                start_new_session=self.request.capture_output,  # else the program must hear of the terminal's Ctrl-C
            )
        except OSError as error:
            ours.close()
            library.give_up(self.request.recording)
            raise SessionError(f"Cannot start the recorder: {error.strerror}.") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
            theirs.close()
        self._channel = Channel(ours)
        self._channel.send({"request": self.request.to_json(), "folder": str(self._folder)})

    def stop(self) -> None:
        """Asks the program to end; two seconds later nothing of it is left. The recording is kept."""
        self._command("stop")

    def kill(self) -> None:
        """Ends the whole tree at once. The recording is kept."""
        self._command("kill")

    def hurry(self) -> None:
        """Has what has happened by now recorded as soon as can be."""
        if self._channel is not None:
            self._channel.send({"command": "hurry"})

    def bookmark(self, bookmark: dict[str, Any]) -> None:
        """Has the recorder write a bookmark (as in the schema, without its type)."""
        if self._channel is not None:
            self._channel.send({"command": "bookmark", "bookmark": bookmark})

    def poll(self) -> SessionStatus:
        """How it stands now; never blocks."""
        if self._status.over or self._channel is None or self._recorder is None:
            return self._status
        ended = self._recorder.poll() is not None  # asked first: what it said before is in the channel by now
        for message in self._channel.receive():
            self._take(message)
        if ended:
            self._status = self._outcome or self._clean_up_after(self._recorder)
            library.give_up(self.request.recording)
        elif self._deadline is not None and time.monotonic() > self._deadline:
            self._recorder.kill()
            self._deadline = None
        return self._status

    def wait(self, timeout_s: float | None = None) -> SessionStatus:
        """Polls until the run is over or the time has passed."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not self.poll().over and (deadline is None or time.monotonic() < deadline):
            time.sleep(_POLL_S)
        return self._status

    def close(self) -> None:
        """Ends what still runs and leaves nothing behind: processes, run folder. Blocks until that is done."""
        if self._recorder is not None and not self.poll().over:
            self.stop()
            while not self.poll().over and self._deadline is not None:
                time.sleep(_POLL_S)
            if not self._status.over:
                self._recorder.kill()
                self._recorder.wait()
                self.poll()
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _command(self, command: str) -> None:
        if self._channel is None or self._status.over:
            return
        self._channel.send({"command": command})
        if self._status.phase != "stopped":
            self._status = replace(self._status, phase="stopping")
        if self._deadline is None:
            self._deadline = time.monotonic() + STOP_S
            if self._recorder is not None:
                with contextlib.suppress(OSError):
                    os.kill(self._recorder.pid, signal.SIGCONT)  # a stopped one could not obey
                killing.put_first(self._recorder.pid)  # nor could one that gets no processor

    def _take(self, message: dict[str, Any]) -> None:
        phase = message.get("phase")
        self._leader = message.get("session", self._leader)
        if phase == "running" and self._status.phase == "stopping":
            self._status = replace(self._status, pid=message.get("pid"))
        elif phase in {"running", "stopping"} and self._status.phase != "stopped":
            self._status = replace(self._status, phase=phase, pid=message.get("pid", self._status.pid))
        elif phase in {"finished", "failed"}:
            values = {name: message.get(name) for name in ("exit_status", "ended_by")}
            text = message.get("message") or self._status.message
            self._outcome = SessionStatus(phase, text, self._status.pid, **values)
        elif "gone" in message:
            if self._status.phase == "stopping" and self._status.pid is not None:  # else it was not started yet
                self._status = replace(self._status, phase="stopped")
            if self._deadline is not None:
                self._deadline = time.monotonic() + WRITE_S
        elif "note" in message:
            self._status = replace(self._status, message=message["note"])

    def _clean_up_after(self, recorder: subprocess.Popen[bytes]) -> SessionStatus:
        """The recorder is gone without a word: ends what it has left."""
        returncode = recorder.returncode
        if self._folder is not None:
            if self.request.capture_output:
                killing.kill_started_under(self._folder, self._leader)
            else:
                killing.kill(lambda table: set(tree.own(table)) - self._others)
            run_folder.remove(self._folder)
        how = f"was killed (signal {-returncode})" if returncode < 0 else "ended unexpectedly"
        library.give_up(self.request.recording)
        kept = "; the recording holds what happened before" if self.request.recording.exists() else ""
        return SessionStatus("failed", f"The recorder {how}{kept}.", self._status.pid, ended_by="recorder lost")


def _reserve(recording: Path) -> None:
    """Leaves an empty file, if there is none yet: no other run takes the name then. A finished recording is replaced.
    SessionError.
    """
    try:
        if recording.exists():
            if not recording.is_file():  # a device, a pipe, a folder
                raise SessionError(f"{recording} is no file; choose another name.")
            if not recording.stat().st_size:
                return
            with RecordingReader(recording) as reader:
                if reader.writer_alive:
                    raise SessionError(f"{recording} is being recorded right now; choose another name.")
            recording.unlink()
        os.close(os.open(recording, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except NotARecording as error:
        raise SessionError(f"{recording} exists and is no recording; choose another name.") from error
    except OSError as error:
        raise SessionError(
            f"Cannot write the recording {recording}: {error.strerror}. Choose another place."
        ) from error
