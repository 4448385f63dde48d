"""What the program prints: pieces that the tracer announced, with their lane, and what else came through the pipes."""

import codecs
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.recorder.line_match import LineMatch

_PATIENCE_NS = 250_000_000  # an unfinished line is shown after that
_READ_SIZE = 1 << 16
_READS_PER_POLL = 32
_LINE_LIMIT = 1 << 16  # characters
KEPT_LIMIT = 16 << 20  # characters of output kept in a recording

Emit = Callable[[dict[str, Any]], None]


@dataclass
class _Writer:
    """One thread's (or one pipe's) writing to one stream."""

    process: int | None
    lane: int | None
    stream: int
    line: str = ""  # in the making
    shown: int = 0  # characters of it that have been told, by whomever
    since_ns: int = 0  # when the first came that has not


@dataclass
class _Pipe:
    """Our end of the program's standard output or error. Never blocks the program, never this process."""

    descriptor: int
    writer: _Writer
    match: LineMatch = field(default_factory=LineMatch)
    decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))
    unread: str = ""  # came since `settle`
    since_ns: int = 0
    open: bool = True

    def close(self) -> None:
        if self.open:
            self.open = False
            os.close(self.descriptor)
            self.unread += self.decoder.decode(b"", True)


class Output:
    """Merges both sources: what was seen in frames is not repeated when it comes through the pipe, or came before."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._writers: dict[tuple[int, int], _Writer] = {}
        self._pipes: dict[int, _Pipe] = {}  # by stream; they stay when they are closed
        self._kept = 0

    def add_pipe(self, descriptor: int, stream: int) -> None:
        """Reads a pipe's end from now on; the descriptor becomes non-blocking and is closed at its end of file."""
        os.set_blocking(descriptor, False)
        self._pipes[stream] = _Pipe(descriptor, _Writer(None, None, stream))

    def announce(self, process: int, lane: int, stream: int, text: str, time_ns: int) -> None:
        """A thread writes this."""
        writer = self._writers.setdefault((lane, stream), _Writer(process, lane, stream))
        pipe = self._pipes.get(stream)
        lines, rest = _cut(writer.line + text)
        told = ""
        for line in lines:
            told += self._complete(line, writer.shown, pipe)
            writer.line, writer.shown = "", 0
        if told:
            self._give_out(writer, told, time_ns)
        if writer.shown == len(writer.line):
            writer.since_ns = time_ns
        writer.line = rest
        if pipe is not None:
            writer.shown = max(writer.shown, _shown_by(pipe, rest))

    def poll_pipes(self, now_ns: int) -> bool:
        """Reads what there is; True when something came. Call before the frames of a cycle are taken, see `settle`."""
        came = False
        for pipe in self._pipes.values():
            for _ in range(_READS_PER_POLL if pipe.open else 0):
                try:
                    data = os.read(pipe.descriptor, _READ_SIZE)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if not data:
                    pipe.close()
                    break
                came = True
                pipe.unread += pipe.decoder.decode(data)
                pipe.since_ns = now_ns
        return came

    def settle(self, process: int | None, now_ns: int, *, final: bool = False) -> None:
        """Gives out lines that nobody announced, on behalf of that process, and lines that stay unfinished.

        Call after the frames of a cycle: who writes to a pipe and ends has announced it by then.
        """
        for pipe in self._pipes.values():
            pipe.writer.process = process
            lines, rest = _cut(pipe.writer.line + pipe.unread)
            pipe.unread = ""
            for line in lines:
                pipe.match.arrive(line, pipe.writer.shown, now_ns)
                pipe.writer.shown = 0
            pipe.writer.line = rest
            if due := pipe.match.due(now_ns, final=final):
                text = "".join(early.text[early.shown :] + "\n" for early in due)
                self._give_out(pipe.writer, text, due[0].since_ns)
            if final or now_ns - pipe.since_ns > 4 * _PATIENCE_NS:
                self._show_unfinished(pipe, now_ns)
        for writer in self._writers.values():
            if final or now_ns - writer.since_ns > _PATIENCE_NS:
                self._show(writer, now_ns)

    def close(self) -> None:
        for pipe in self._pipes.values():
            pipe.close()

    def _complete(self, line: str, shown: int, pipe: _Pipe | None) -> str:
        """What is to be told of a line that a thread has ended now. `shown`: characters of it that have been told."""
        if pipe is not None:
            shown = max(shown, _shown_by(pipe, line))
            early = pipe.match.announce(line)
            if early is not None:
                if early.told:
                    return ""
                shown = max(shown, early.shown)
        return line[shown:] + "\n"

    def _show_unfinished(self, pipe: _Pipe, now_ns: int) -> None:
        """What a pipe's last line has more than those of the threads that have begun so."""
        line = pipe.writer.line
        if pipe.writer.shown == len(line):
            return
        for writer in self._writers.values():
            if (
                writer.stream == pipe.writer.stream
                and writer.line
                and (line.startswith(writer.line) or writer.line.startswith(line))
            ):
                self._show(writer, now_ns)
                pipe.writer.shown = max(pipe.writer.shown, min(len(writer.line), len(line)))
        self._show(pipe.writer, now_ns)

    def _show(self, writer: _Writer, time_ns: int) -> None:
        """What has not been told of the line in the making."""
        if writer.shown < len(writer.line):
            self._give_out(writer, writer.line[writer.shown :], time_ns)
            writer.shown = len(writer.line)

    def _give_out(self, writer: _Writer, text: str, time_ns: int) -> None:
        if self._kept > KEPT_LIMIT:
            return
        self._kept += len(text)
        if self._kept > KEPT_LIMIT:
            text = f"{text[:1000]}\n[The program prints more than a recording keeps; the rest is left out.]\n"
        self._emit(
            {
                "type": "output",
                "time_ns": time_ns,
                "lane": writer.lane,
                "process": writer.process,
                "stream": writer.stream,
                "text": text,
            }
        )


def _shown_by(pipe: _Pipe, line: str) -> int:
    """So many characters of a thread's line have been told, without its lane, when they came through the pipe."""
    begun = pipe.writer.line[: pipe.writer.shown]
    return min(len(begun), len(line)) if line.startswith(begun) or begun.startswith(line) else 0


def _cut(text: str) -> tuple[list[str], str]:
    """Whole lines and the one in the making; one that is very long is cut into several."""
    *lines, rest = text.split("\n")
    *begun, rest = _pieces(rest)
    return [piece for line in lines for piece in _pieces(line)] + begun, rest


def _pieces(line: str) -> list[str]:
    return [line[at : at + _LINE_LIMIT] for at in range(0, max(len(line), 1), _LINE_LIMIT)]
