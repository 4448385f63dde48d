"""What the program prints: pieces that the tracer announced, with their lane, and what else came through the pipes."""

import codecs
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_PATIENCE_NS = 250_000_000  # an unfinished line is shown after that
_READ_SIZE = 1 << 16
_READS_PER_POLL = 32
_EXPECTED_LIMIT = 16 << 20  # characters announced that have not come through the pipe
_LINE_LIMIT = 1 << 16
KEPT_LIMIT = 16 << 20  # characters of output kept in a recording

Emit = Callable[[dict[str, Any]], None]


@dataclass
class _Writer:
    """One thread's (or one pipe's) writing to one stream."""

    process: int | None
    lane: int | None
    stream: int
    unshown: str = ""
    line: str = ""  # of the line in the making, what has been announced
    since_ns: int = 0


@dataclass
class _Pipe:
    """The program's end of standard output or error. Never blocks the program, never this process."""

    descriptor: int
    writer: _Writer
    decoder: Any = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace"))
    rest: str = ""
    since_ns: int = 0


class Output:
    """Merges both sources: a line seen in frames is not repeated when it comes through the pipe."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._writers: dict[tuple[int, int], _Writer] = {}
        self._announced: dict[int, Counter[str]] = {1: Counter(), 2: Counter()}
        self._expected = {1: 0, 2: 0}  # characters of them
        self._pipes: list[_Pipe] = []
        self._kept = 0

    def add_pipe(self, descriptor: int, stream: int) -> None:
        """Reads a pipe's end from now on; the descriptor becomes non-blocking and is closed at its end of file."""
        os.set_blocking(descriptor, False)
        self._pipes.append(_Pipe(descriptor, _Writer(None, None, stream)))

    @property
    def descriptors(self) -> list[int]:
        """Pipes that are still open."""
        return [pipe.descriptor for pipe in self._pipes]

    def announce(self, process: int, lane: int, stream: int, text: str, time_ns: int) -> None:
        """A thread writes this."""
        writer = self._writers.setdefault((lane, stream), _Writer(process, lane, stream))
        if any(pipe.writer.stream == stream for pipe in self._pipes):  # else nothing can come a second time
            *lines, line = (writer.line + text).split("\n")
            writer.line = line[-_LINE_LIMIT:]
            self._expect(stream, lines)
        self._show(writer, text, time_ns)

    def _expect(self, stream: int, lines: list[str]) -> None:
        """They will come through the pipe as well, unless the program has turned its stream elsewhere."""
        announced = self._announced[stream]
        announced.update(lines)
        self._expected[stream] += sum(map(len, lines)) + len(lines)
        if self._expected[stream] > _EXPECTED_LIMIT:
            announced.clear()
            self._expected[stream] = 0

    def poll_pipes(self, process: int | None, now_ns: int) -> bool:
        """Reads what there is, on behalf of the program's first process; True when something came."""
        came = False
        for pipe in list(self._pipes):
            for _ in range(_READS_PER_POLL):
                try:
                    data = os.read(pipe.descriptor, _READ_SIZE)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if not data:
                    os.close(pipe.descriptor)
                    self._pipes.remove(pipe)
                    pipe.rest += pipe.decoder.decode(b"", True)
                    self._flush_pipe(pipe, process, now_ns)
                    break
                came = True
                pipe.rest += pipe.decoder.decode(data)
                pipe.since_ns = now_ns
                if len(pipe.rest) > KEPT_LIMIT:
                    pipe.rest = pipe.rest[:KEPT_LIMIT]
        return came

    def settle(self, process: int | None, now_ns: int, *, final: bool = False) -> None:
        """Call after the frames of a cycle: gives out pipe lines nobody announced and lines that stay unfinished."""
        for pipe in self._pipes:
            *lines, pipe.rest = pipe.rest.split("\n")
            for line in lines:
                self._take_line(pipe, line, process, now_ns)
            if pipe.rest and (final or now_ns - pipe.since_ns > 4 * _PATIENCE_NS):
                self._flush_pipe(pipe, process, now_ns)
        for writer in self._writers.values():
            if writer.unshown and (final or now_ns - writer.since_ns > _PATIENCE_NS):
                self._give_out(writer, writer.unshown, now_ns)
                writer.unshown = ""

    def close(self) -> None:
        for pipe in self._pipes:
            os.close(pipe.descriptor)
        self._pipes.clear()

    def _flush_pipe(self, pipe: _Pipe, process: int | None, now_ns: int) -> None:
        """The rest of a pipe, its last line being one without an end."""
        *lines, rest = pipe.rest.split("\n")
        pipe.rest = ""
        for line in lines:
            self._take_line(pipe, line, process, now_ns)
        unfinished = {writer.line for writer in self._writers.values() if writer.stream == pipe.writer.stream}
        if rest and rest not in unfinished:
            pipe.writer.process = process
            self._give_out(pipe.writer, rest, now_ns)

    def _take_line(self, pipe: _Pipe, line: str, process: int | None, now_ns: int) -> None:
        announced = self._announced[pipe.writer.stream]
        if announced[line] > 0:
            announced[line] -= 1
            self._expected[pipe.writer.stream] -= len(line) + 1
            if announced[line] == 0:
                del announced[line]
            return
        pipe.writer.process = process
        self._give_out(pipe.writer, line + "\n", now_ns)

    def _show(self, writer: _Writer, text: str, time_ns: int) -> None:
        if not writer.unshown:
            writer.since_ns = time_ns
        complete, newline, writer.unshown = (writer.unshown + text).rpartition("\n")
        if newline:
            self._give_out(writer, complete + newline, time_ns)

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
