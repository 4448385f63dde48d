"""Draining a ring file: what is committed, in order, once, whatever else its writers are doing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.recorder.definitions.texts import TextFile
from engine.recorder.rings import RingFile
from engine.tracer import layout
from tests.engine.recorder.ring_writer import RingWriter

SECOND = 1_000_000_000


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RingWriter]:
    writer = RingWriter(tmp_path)
    yield writer
    writer.close()


@pytest.fixture
def ring(writer: RingWriter) -> Iterator[RingFile]:
    ring = RingFile(writer.path)
    yield ring
    ring.close(unlink=True)


def ends(ring: RingFile, now_ns: int = 0, *, final: bool = False) -> list[tuple[int, int]]:
    """(thread, end) of everything drained."""
    drained = ring.drain(now_ns, final=final)
    if drained is None:
        return []
    return list(zip(drained.threads.tolist(), drained.records["end"].tolist(), strict=True))


def test_an_empty_ring_has_nothing_to_drain(ring: RingFile) -> None:
    assert ends(ring) == []


def test_records_of_several_threads_come_once(writer: RingWriter, ring: RingFile) -> None:
    for end in (10, 20):
        for thread in (1, 2, 3):
            writer.record(thread, layout.HOLD, start=end - 5, end=end)
    assert sorted(ends(ring)) == [(1, 10), (1, 20), (2, 10), (2, 20), (3, 10), (3, 20)]
    assert ends(ring) == []
    writer.record(2, layout.HOLD, start=25, end=30)
    assert ends(ring) == [(2, 30)]


def test_all_fields_arrive(writer: RingWriter, ring: RingFile) -> None:
    writer.record(7, layout.WAIT, detail=0x301, site=12, number=layout.OBJECT_SHARED | 5, start=100, end=200)
    drained = ring.drain(0)
    assert drained is not None
    assert drained.records[0].tolist() == (layout.WAIT, 0x301, 12, layout.OBJECT_SHARED | 5, 100, 200)


def test_full_chunks_are_drained_and_freed(writer: RingWriter, ring: RingFile) -> None:
    total = 3 * layout.RECORDS_PER_CHUNK + 10
    for end in range(1, total + 1):
        writer.record(1, layout.HOLD, start=end, end=end)
    assert [end for _, end in ends(ring)] == list(range(1, total + 1))
    assert writer.chunk_states() == [layout.CHUNK_FREE] * 3 + [layout.CHUNK_OWNED]


def test_the_chunk_of_an_ended_thread_is_freed(writer: RingWriter, ring: RingFile) -> None:
    writer.record(1, layout.HOLD, start=1, end=2)
    writer.give_back(1)
    assert ends(ring) == [(1, 2)]
    assert writer.chunk_states() == [layout.CHUNK_FREE]


def test_a_hole_holds_later_records_back_until_it_is_filled(writer: RingWriter, ring: RingFile) -> None:
    hole = writer.reserve(1)
    writer.record(1, layout.HOLD, start=2, end=20)
    assert ends(ring, 0) == []
    writer.store(hole, layout.HOLD, start=1, end=30)
    assert ends(ring, 1) == [(1, 30), (1, 20)]
    assert ring.holes == 0


def test_a_hole_that_stays_is_stepped_over(writer: RingWriter, ring: RingFile) -> None:
    writer.record(1, layout.HOLD, start=1, end=10)
    writer.reserve(1)
    writer.record(1, layout.HOLD, start=2, end=20)
    assert ends(ring, 0) == [(1, 10)]
    assert [record for poll in range(1, 5) for record in ends(ring, poll * SECOND)] == [(1, 20)]
    assert ring.holes == 1


def test_a_full_chunk_with_a_hole_at_its_end_is_freed(writer: RingWriter, ring: RingFile) -> None:
    writer.record(1, layout.HOLD, start=1, end=10)
    writer.reserve(1)
    writer.give_back(1)
    assert ends(ring) == [(1, 10)]
    assert writer.chunk_states() == [layout.CHUNK_FREE]


def test_a_dead_process_leaves_nothing_behind_holes(writer: RingWriter, ring: RingFile) -> None:
    writer.reserve(1)
    writer.reserve(1)
    writer.record(1, layout.HOLD, start=1, end=10)
    assert ends(ring, final=True) == [(1, 10)]


def test_what_the_sink_swallows_is_never_read(writer: RingWriter, ring: RingFile) -> None:
    writer.store(layout.CHUNKS_AT + layout.CHUNK_HEADER, layout.HOLD, start=1, end=99)
    assert ends(ring) == []


def test_cells_are_read_below_the_allocated_mark(writer: RingWriter, ring: RingFile) -> None:
    writer.cell(0, thread=1, native_id=11, wait_serial=3, wait_object=5)
    writer.cell(2, thread=2, native_id=12)
    writer.cell(layout.CELL_BLOCK, thread=3)
    cells = ring.read_cells()
    assert cells[:, layout.CELL_THREAD].tolist() == [1, 2]
    assert cells[0, layout.CELL_WAIT_OBJECT] == 5


def test_a_file_that_is_not_ready_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1-1.ring"
    path.write_bytes(b"\0" * 100)
    with pytest.raises(ValueError, match="not yet"):
        RingFile(path)


def test_text_frames_survive_being_cut_anywhere(writer: RingWriter) -> None:
    writer.text("thread", 1, "häns")
    writer.text("site", 2, "bank.py", 40, "transfer")
    whole = writer.texts.read_bytes()
    for cut in range(len(whole)):
        writer.texts.write_bytes(whole[:cut])
        texts = TextFile(writer.texts)
        frames = texts.poll()
        with writer.texts.open("ab") as file:
            file.write(whole[cut:])
        frames += texts.poll()
        texts.close()
        assert frames == [("thread", 1, "häns"), ("site", 2, "bank.py", 40, "transfer")]
