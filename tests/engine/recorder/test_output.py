"""Output: what threads announce and what comes through the pipes, each line once."""

import os
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from engine.recorder.line_match import LATE_NS
from engine.recorder.output import Output

SECOND = 1_000_000_000
SOON = LATE_NS - 1


class Printed:
    """An output with one pipe for standard output."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.output = Output(self.told.append)
        reader, self.writer = os.pipe()
        self.output.add_pipe(reader, 1)

    def end_pipe(self) -> None:
        os.close(self.writer)
        self.writer = os.open(os.devnull, os.O_WRONLY)

    def pipe(self, text: str | bytes) -> None:
        os.write(self.writer, text.encode() if isinstance(text, str) else text)

    def poll(self, now_ns: int = 0, *, final: bool = False) -> list[tuple[int | None, str]]:
        """A cycle of the recorder's with no frames in it."""
        self.read(now_ns)
        return self.settle(now_ns, final=final)

    def read(self, now_ns: int = 0) -> None:
        self.told.clear()
        self.output.poll_pipes(now_ns)
        assert not self.told

    def settle(self, now_ns: int = 0, *, final: bool = False) -> list[tuple[int | None, str]]:
        self.told.clear()
        self.output.settle(0, now_ns, final=final)
        return [(text["lane"], text["text"]) for text in self.told]

    def announce(self, lane: int, text: str, time_ns: int = 0) -> list[tuple[int | None, str]]:
        self.told.clear()
        self.output.announce(0, lane, 1, text, time_ns)
        return [(each["lane"], each["text"]) for each in self.told]


@pytest.fixture
def printed() -> Iterator[Printed]:
    printed = Printed()
    yield printed
    printed.output.close()
    os.close(printed.writer)


def test_a_line_that_was_announced_is_not_told_again(printed: Printed) -> None:
    assert printed.announce(3, "hello\n") == [(3, "hello\n")]
    printed.pipe("hello\n")
    assert printed.poll() == []
    printed.pipe("hello\n")
    assert printed.poll(SOON) == []
    assert printed.poll(SOON + LATE_NS) == [(None, "hello\n")]


def test_pieces_become_lines(printed: Printed) -> None:
    assert printed.announce(3, "hel") == []
    assert printed.announce(4, "other\n") == [(4, "other\n")]
    assert printed.announce(3, "lo\nand") == [(3, "hello\n")]
    printed.pipe("other\nhello\nand")
    assert printed.poll() == []


def test_an_unfinished_line_is_told_after_a_while(printed: Printed) -> None:
    printed.announce(3, "Name? ")
    assert printed.poll(0) == []
    assert printed.poll(SECOND) == [(3, "Name? ")]
    printed.announce(3, "Ada\n")
    printed.pipe("Name? Ada\n")
    assert printed.poll(2 * SECOND) == []


def test_lines_nobody_announced_have_a_process_only(printed: Printed) -> None:
    printed.pipe("Fatal Python error\nno end")
    assert printed.poll() == []
    assert printed.poll(LATE_NS) == [(None, "Fatal Python error\n")]
    assert printed.poll(5 * SECOND) == [(None, "no end")]


def test_characters_cut_in_two_arrive_whole(printed: Printed) -> None:
    whole = "grün\n".encode()
    printed.pipe(whole[:3])
    assert printed.poll() == []
    printed.pipe(whole[3:])
    assert printed.poll(final=True) == [(None, "grün\n")]


def test_bytes_that_are_no_text_do_no_harm(printed: Printed) -> None:
    printed.pipe(b"\xff\xfe\n")
    assert printed.poll(final=True) == [(None, "��\n")]


def test_the_end_tells_what_is_left(printed: Printed) -> None:
    printed.announce(3, "half")
    printed.pipe("quarter")
    assert sorted(printed.poll(final=True), key=str) == [(3, "half"), (None, "quarter")]


def test_a_last_line_without_an_end_is_told_once_although_the_pipe_ends_before_its_frame_is_read(
    printed: Printed,
) -> None:
    printed.pipe("no line end")
    printed.end_pipe()
    printed.read()
    printed.announce(3, "no line end")
    assert printed.settle() == []
    assert printed.poll(final=True) == [(3, "no line end")]


def test_a_line_that_comes_through_the_pipe_first_is_told_with_its_lane(printed: Printed) -> None:
    printed.pipe("oops\n")
    assert printed.poll() == []
    assert printed.announce(3, "oops\n", SOON) == [(3, "oops\n")]
    assert printed.poll(SECOND, final=True) == []


def test_a_frame_that_comes_late_does_not_repeat_its_line(printed: Printed) -> None:
    printed.pipe("oops\noops\n")
    printed.poll()
    assert printed.poll(SECOND) == [(None, "oops\noops\n")]
    assert printed.announce(3, "oops\noops\nmore\n", SECOND) == [(3, "more\n")]
    printed.pipe("more\n")
    assert printed.poll(SECOND, final=True) == []


def test_a_frame_is_not_taken_for_an_old_line(printed: Printed) -> None:
    printed.pipe("done\n")
    printed.poll()
    assert printed.poll(SECOND) == [(None, "done\n")]
    printed.poll(9 * SECOND)
    assert printed.announce(3, "done\n", 9 * SECOND) == [(3, "done\n")]
    printed.pipe("done\n")
    assert printed.poll(9 * SECOND, final=True) == []


def test_dots_that_come_slowly_are_told_once_each(printed: Printed) -> None:
    printed.pipe(".")
    printed.poll()
    assert printed.poll(5 * SECOND) == [(None, ".")]
    assert printed.announce(3, "..", 5 * SECOND) == []  # the thread tells of the first only now
    printed.pipe(".")
    assert printed.poll(6 * SECOND) == [(3, ".")]
    assert printed.announce(3, ".\n", 7 * SECOND) == [(3, ".\n")]
    printed.pipe(".\n")
    assert printed.poll(9 * SECOND, final=True) == []


def test_a_prompt_that_the_pipe_told_is_not_repeated_with_its_answer(printed: Printed) -> None:
    printed.pipe("Name? ")
    printed.poll()
    assert printed.poll(2 * SECOND) == [(None, "Name? ")]
    printed.pipe("Ada\n")
    assert printed.poll(2 * SECOND) == []
    assert printed.announce(3, "Name? Ada\n", 2 * SECOND) == [(3, "Ada\n")]
    assert printed.poll(4 * SECOND, final=True) == []


def test_lines_that_threads_wrote_into_one_another_are_told_once(printed: Printed) -> None:
    for lane, line in enumerate(["one\n", "three\n", "two\n"]):
        assert printed.announce(lane, line) == [(lane, line)]
    printed.pipe("onetwothree\n\n\n")
    assert printed.poll(final=True) == []


def test_a_very_long_line_is_told_once(printed: Printed) -> None:
    line = "x" * 100_000
    assert sum(len(text) for _, text in printed.announce(3, line)) > 60_000
    assert printed.announce(3, "\n") != []
    printed.pipe(line[:50_000])
    assert printed.poll() == []
    printed.pipe(line[50_000:] + "\n")
    assert printed.poll(SECOND, final=True) == []


def test_nothing_is_kept_of_what_goes_to_the_terminal() -> None:
    output = Output(lambda _: None)
    tracemalloc.start()
    try:
        for number in range(5_000):
            output.announce(0, 0, 1, f"{number:1000}\n", number)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 1 << 20
