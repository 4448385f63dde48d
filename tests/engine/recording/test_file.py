"""The recording file: what is written is read, damage is told, nothing intact is lost."""

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.recording import chunks, writer
from engine.recording.packing import pack, unpack
from engine.recording.reader import NotARecording, RecordingReader
from engine.recording.schema import HOLD_ROW, OPEN_HOLD_ROW, ROWS, STATE_ROW, Layer, State
from engine.recording.synthetic import SLICES_PER_CYCLE, START_NS, Synthetic, append, commits, header, write_synthetic
from engine.recording.writer import RecordingWriteError, RecordingWriter

DEADLINE_S = 30


def states(*ends: int, lane: int = 0) -> np.ndarray:
    rows = np.zeros(len(ends), STATE_ROW)
    rows["lane"], rows["end"], rows["code"] = lane, ends, State.RUNNING
    return rows


def read_all(reader: RecordingReader) -> tuple[list[dict[str, object]], dict[Layer, np.ndarray]]:
    texts: list[dict[str, object]] = []
    rows: dict[Layer, list[np.ndarray]] = {}
    while batch := reader.poll():
        texts += batch.texts
        for layer, part in batch.rows.items():
            rows.setdefault(layer, []).append(part)
    return texts, {layer: np.concatenate(parts) for layer, parts in rows.items()}


@pytest.mark.parametrize("layer", ROWS)
@pytest.mark.parametrize(
    ("high", "count"), [(60_000, 50), (4_000_000_000, 50), (1, 300), (16, 301), (4_000_000_000, 700)]
)
@pytest.mark.parametrize("span", [1, 60_000, 4_294_967_295, 4_294_967_296, 90_000_000_000_000])
def test_rows_come_back_as_they_were(layer: Layer, high: int, count: int, span: int) -> None:
    random_numbers = np.random.default_rng([layer, high % 1000, count, span % 1000])
    rows = np.zeros(count, ROWS[layer])
    for name in rows.dtype.names or ():
        size = rows.dtype[name].itemsize
        limit = {1: min(high, 255), 2: min(high, 65_535), 4: high, 8: 1 << 40}[size]
        rows[name] = random_numbers.integers(0, limit, count, np.uint64)
    for name in chunks.TIME_COLUMNS[layer]:
        times = random_numbers.integers(0, span, count, np.uint64, endpoint=True)
        rows[name] = 5_000_000_000_000 + (np.sort(times) if count % 2 else times)
        rows[name][0], rows[name][-1] = 5_000_000_000_000, 5_000_000_000_000 + span
    data = chunks.encode_rows(layer, rows, 7)
    head = chunks.decode_header(data[: chunks.HEADER_SIZE])
    assert (chunks.decode_rows(head, data[chunks.HEADER_SIZE :]) == rows).all()
    assert head.watermark_ns == 7


@pytest.mark.parametrize("low", [0, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_times_that_no_clock_gives_damage_nothing(low: int) -> None:
    """What follows a chunk that cannot be read is lost, so nothing that is written may be such a one."""
    rows = np.zeros(300, HOLD_ROW)
    rows["start"], rows["end"] = low, (1 << 64) - 1
    data = chunks.encode_rows(Layer.HOLDS, rows, 7)
    assert (chunks.decode_rows(chunks.decode_header(data), data[chunks.HEADER_SIZE :]) == rows).all()


def test_an_open_hold_that_ended_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    out = RecordingWriter(path, {"start_ns": 10})
    rows = np.array([(1, 2, 0, 0), (1, 3, 9_000_000_000_000, 4)], OPEN_HOLD_ROW)
    out.rows(Layer.OPEN_HOLDS, rows)
    out.close(20)
    with RecordingReader(path) as reader:
        assert (read_all(reader)[1][Layer.OPEN_HOLDS] == rows).all()


def test_a_recording_is_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    made = Synthetic(lanes=8, slices=3_000)
    write_synthetic(path, lanes=8, slices=3_000, commit_ns=5_000_000)
    expected: dict[Layer, list[np.ndarray]] = {}
    texts: list[dict[str, object]] = []
    for batch in commits(made, 5_000_000):
        texts += batch.texts
        for layer, rows in batch.rows.items():
            expected.setdefault(layer, []).append(rows)
    with RecordingReader(path) as reader:
        found_texts, found = read_all(reader)
        assert found_texts[:-1] == texts
        assert found_texts[-1]["type"] == "end"
        for layer, parts in expected.items():
            assert (found[layer] == np.concatenate(parts)).all()
        assert reader.closed
        assert reader.at_end
        assert reader.damage is None
        assert not reader.writer_alive
        assert reader.header["title"] == "Synthetic workload"
        assert not reader.poll()


def test_a_state_slice_takes_nine_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    ends = np.cumsum(np.full(100_000, 250_000)) + START_NS
    out = RecordingWriter(path, {"start_ns": START_NS})
    for part in np.split(ends, 10):
        out.rows(Layer.STATES, states(*part.tolist(), lane=60_000))
        out.commit(int(part[-1]))
    out.close(int(ends[-1]))
    assert path.stat().st_size <= 9.02 * len(ends)


def test_a_recording_takes_nine_bytes_a_slice_with_all_its_layers_and_its_overview_not_more_for_its_length(
    tmp_path: Path,
) -> None:
    """Which is half a byte a slice here, and nothing to speak of with ten million."""
    path = tmp_path / "a.lane"
    made = write_synthetic(path, lanes=64, slices=150_000)
    assert path.stat().st_size <= 9.1 * made.cycles * made.lanes * SLICES_PER_CYCLE + 80_000


def test_packed_columns_that_are_cut_or_changed_are_known_as_damaged() -> None:
    random = np.random.default_rng(4)
    data = pack([(random.integers(0, 9, 301), False), (np.cumsum(random.integers(0, 300, 301)), True)])
    for size in range(len(data)):
        with pytest.raises(ValueError, match=r"^$"):
            list(unpack(data[:size], 2, 301))
    for place in range(12):
        for value in range(256):
            with contextlib.suppress(ValueError):
                columns = list(unpack(data[:place] + bytes([value]) + data[place + 1 :], 2, 301))
                assert [len(column) for column in columns] == [301, 301]


@pytest.mark.parametrize(
    ("layer", "rows", "flags", "base_ns"),
    [
        (Layer.STATES, 4_000_000_000, chunks.PACKED, 0),  # of no bits each: 72 GB in memory
        (Layer.STATES, 4_000_000_000, 0, 0),
        (Layer.STATES, 300, chunks.PACKED, (1 << 64) - 1),
        (Layer.DEPTHS, 300, chunks.PACKED | chunks.LENGTHS, 0),  # of what has no start
    ],
)
def test_headers_that_no_chunk_can_have_are_known_as_damage(
    tmp_path: Path, layer: Layer, rows: int, flags: int, base_ns: int
) -> None:
    payload = bytes(3 * len(ROWS[layer].names or ()))
    path = tmp_path / "a.lane"
    header = chunks.MAGIC + chunks.encode_file_header({"version": chunks.FORMAT_VERSION})
    path.write_bytes(header + chunks.encode_chunk(layer, payload, rows, 9, base_ns=base_ns, flags=flags))
    with RecordingReader(path) as reader:
        assert not reader.poll()
        assert "damaged" in str(reader.damage)


def test_a_recording_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = Path(__file__).parents[3] / "resources/recordings/convoy.lane"
    with RecordingReader(path) as reader:
        assert reader.header["version"] == 1
        texts, rows = read_all(reader)
        assert reader.damage is None
        assert reader.closed
    assert len(rows[Layer.STATES]) > 6_000
    again = tmp_path / "again.lane"
    out = RecordingWriter(again, reader.header)
    out.texts(*texts)
    for layer, part in rows.items():
        out.rows(layer, part)
    out.commit(reader.watermark_ns)
    out.abandon()
    with RecordingReader(again) as reader:
        found_texts, found = read_all(reader)
    assert found_texts == texts
    assert all((found[layer] == part).all() for layer, part in rows.items())
    assert again.stat().st_size < path.stat().st_size / 2


def test_a_watermark_never_promises_what_a_torn_commit_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    out = RecordingWriter(path, {"start_ns": 0})
    out.rows(Layer.STATES, states(50))
    out.commit(60)
    out.texts({"type": "note", "text": "x", "time_ns": 70})
    out.rows(Layer.STATES, states(90))
    out.commit(100)
    size = out.size
    out.abandon()
    for cut in range(1, 60):
        os.truncate(path, size - cut)
        with RecordingReader(path) as reader:
            read_all(reader)
            assert reader.watermark_ns == 60


def test_a_later_commit_is_seen_and_a_closed_one_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    out = RecordingWriter(path, {"start_ns": 5})
    with RecordingReader(path) as reader:
        assert not reader.poll()
        assert reader.at_end
        assert reader.writer_alive
        assert reader.damage is None
        out.texts({"type": "name", "id": 1, "text": "überweisen \udc80"})
        out.rows(Layer.STATES, states(10, 20))
        assert not reader.poll()
        out.commit(25)
        assert not reader.at_end
        batch = reader.poll()
        assert batch.texts[0]["text"] == "überweisen \udc80"
        assert batch.rows[Layer.STATES]["end"].tolist() == [10, 20]
        assert batch.watermark_ns == 25
        out.commit(30)  # nothing new but the time
        assert reader.poll().watermark_ns == 30
        out.close(40)
        assert reader.poll().texts == [{"type": "end", "time_ns": 40}]
        assert reader.closed
        assert not reader.writer_alive
        assert reader.damage is None


def test_a_limit_gives_parts_that_add_up(tmp_path: Path) -> None:
    path = tmp_path / "a.lane"
    write_synthetic(path, lanes=8, slices=20_000, commit_ns=2_000_000)
    with RecordingReader(path) as reader:
        sizes = []
        while batch := reader.poll(4_000):
            sizes.append(len(batch.rows.get(Layer.STATES, ())))
        assert sum(sizes) == 20_000
        assert len(sizes) > 20


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.lane").write_text("mine")
    with pytest.raises(FileExistsError):
        RecordingWriter(tmp_path / "a.lane", {})
    with pytest.raises(FileNotFoundError):
        RecordingWriter(tmp_path / "no" / "a.lane", {})
    assert (tmp_path / "a.lane").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds nothing yet"),
        (b"hello", "not a Lanescope recording"),
        (b"\x7fELF" + bytes(5000), "not a Lanescope recording"),
        (chunks.MAGIC[:6], "ends within its first bytes"),
        (chunks.MAGIC, "header is damaged"),
        (chunks.MAGIC + b"x" * 300, "header is damaged"),
        (chunks.MAGIC + chunks.encode_file_header({"version": 99}), "format version 99"),
        (chunks.MAGIC + chunks.encode_chunk(0, b"[]", 1, 0), "header is damaged"),
        (chunks.MAGIC + chunks.encode_chunk(0, b"\xff{", 1, 0), "header is damaged"),
    ],
)
def test_what_is_no_recording_is_said_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "notes.lane"
    path.write_bytes(content)
    with pytest.raises(NotARecording) as caught:
        RecordingReader(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.fixture(name="small")
def small_recording(tmp_path: Path) -> tuple[Path, list[int]]:
    """A small file of a writer that is gone, and the ends of its commits."""
    path = tmp_path / "small.lane"
    made = Synthetic(lanes=2, slices=60, group=2, processes=1)
    out = RecordingWriter(path, header(made))
    out.header["writer"] = {"pid": 0, "start": None}
    ends = [out.size]
    for batch in commits(made, 1_500_000):
        append(out, batch)
        ends.append(out.size)
    out.close(START_NS + 10)
    return path, ends


@pytest.mark.parametrize("apart", [11, pytest.param(1, marks=pytest.mark.full)])
def test_cut_anywhere_it_opens_with_what_was_intact(
    apart: int, small: tuple[Path, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every few bytes, and at every byte around where a chunk ends."""
    path, ends = small
    monkeypatch.setattr("engine.recording.reader.is_alive", lambda *_: False)
    data = path.read_bytes()
    with RecordingReader(path) as reader:
        whole = len(read_all(reader)[1][Layer.STATES])
    target = path.with_name("cut.lane")
    counts = []
    around = {end + off for end in ends for off in range(-24, 25)}
    for cut in sorted({*range(0, len(data), apart), *around} & set(range(len(data)))):
        target.write_bytes(data[:cut])
        if cut < ends[0]:
            with pytest.raises(NotARecording):
                RecordingReader(target)
            continue
        with RecordingReader(target) as reader:
            counts.append(len(read_all(reader)[1].get(Layer.STATES, ())))
            assert reader.at_end
            assert not reader.closed
            damage = reader.damage or ""
            assert "\n" not in damage
            assert "is intact" in damage
            if cut > reader.offset:
                assert f"the last {cut - reader.offset} bytes are incomplete" in damage
            else:
                assert "not ended in order" in damage
        assert target.stat().st_size == cut
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == whole


def test_a_flipped_bit_is_noticed(small: tuple[Path, list[int]]) -> None:
    path, ends = small
    data = path.read_bytes()
    target = path.with_name("flipped.lane")
    with RecordingReader(path) as reader:
        good = read_all(reader)[1][Layer.STATES]
    rng = random.Random(1)
    for _ in range(400):
        place, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
        target.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        if place < ends[0]:
            with pytest.raises(NotARecording):
                RecordingReader(target)
            continue
        with RecordingReader(target) as reader:
            rows = read_all(reader)[1].get(Layer.STATES, good[:0])
            assert (rows == good[: len(rows)]).all()
            assert reader.offset <= place
            assert "damaged" in (reader.damage or "") or "incomplete" in (reader.damage or "")
            assert not reader.poll()


WRITER = """
import sys
from engine.recording.synthetic import Synthetic, append, commits, header
from engine.recording.writer import RecordingWriter
made = Synthetic(lanes=8, slices=200_000)
out = RecordingWriter(sys.argv[1], header(made))
for batch in commits(made, 1_000_000):
    append(out, batch)
    print(len(batch.rows.get(2, ())), flush=True)
    if sys.argv[2] == "slow":
        sys.stdin.readline()
out.close(batch.watermark_ns)
"""


@contextlib.contextmanager
def writing(path: Path, pace: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), pace],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE_S)


def test_a_killed_writer_leaves_all_it_has_committed(tmp_path: Path) -> None:
    for attempt in range(4):
        path = tmp_path / f"{attempt}.lane"
        with writing(path, "fast") as process:
            assert process.stdout is not None
            committed = [int(process.stdout.readline()) for _ in range(20 + 15 * attempt)]
            process.send_signal(signal.SIGKILL)
            committed += [int(line) for line in process.stdout if line.endswith("\n")]
            process.wait(DEADLINE_S)
            with RecordingReader(path) as reader:
                found = len(read_all(reader)[1][Layer.STATES])
                assert found >= sum(committed)
                assert not reader.writer_alive
                assert "is intact" in (reader.damage or "")


def test_a_reader_follows_a_writer_of_another_process(tmp_path: Path) -> None:
    path = tmp_path / "live.lane"
    with writing(path, "slow") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        expected = int(process.stdout.readline())
        with RecordingReader(path) as reader:
            found = 0
            for step in range(50):
                deadline = time.monotonic() + DEADLINE_S
                while found < expected and time.monotonic() < deadline:
                    found += len(reader.poll().rows.get(Layer.STATES, ()))
                assert found == expected, step
                assert reader.damage is None
                process.stdin.write("\n")
                process.stdin.flush()
                expected += int(process.stdout.readline())
            assert reader.writer_alive


def test_a_half_written_chunk_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "live.lane"
    out = RecordingWriter(path, {"start_ns": 0})
    more = chunks.encode_rows(Layer.STATES, states(10, 20, 30), 30)
    with RecordingReader(path) as reader, path.open("ab", buffering=0) as file:
        for cut in (1, 10, len(more) - 1):
            file.write(more[:cut])
            assert not reader.poll()
            assert reader.at_end
            assert reader.damage is None
            os.truncate(path, out.size)
        file.write(more)
        assert len(reader.poll().rows[Layer.STATES]) == 3
    out.abandon()


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writes beyond this size fail as on a full disk."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "full.lane"
    out = RecordingWriter(path, {"start_ns": 0})
    out.texts({"type": "name", "id": 1, "text": "a"})
    ends = np.cumsum(np.random.default_rng(1).integers(1, 1000, 2500)).tolist()  # which take room
    out.rows(Layer.STATES, states(*ends[:1000]))
    out.commit(1000)
    good = out.size
    with file_size_limit(good + 500):
        for attempt in range(3):
            out.texts({"type": "name", "id": 2 + attempt, "text": "b"})
            out.rows(Layer.STATES, states(*ends[1000 + 500 * attempt : 1500 + 500 * attempt]))
            with pytest.raises(RecordingWriteError) as caught:
                out.commit(1500 + 500 * attempt)
            assert "\n" not in str(caught.value)
            assert str(path) in str(caught.value)
            assert path.stat().st_size == good
            with RecordingReader(path) as reader:
                assert len(read_all(reader)[1][Layer.STATES]) == 1000
                assert reader.watermark_ns == 1000
    out.close(2600)
    with RecordingReader(path) as reader:
        texts, rows = read_all(reader)
        assert rows[Layer.STATES]["end"].tolist() == ends
        assert [text["id"] for text in texts if text["type"] == "name"] == [1, 2, 3, 4]
        assert reader.damage is None


def test_a_disk_full_for_long_makes_states_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_BUFFERED", 20_000)
    out = RecordingWriter(tmp_path / "full.lane", {"start_ns": 0})
    with file_size_limit(out.size + 10):
        for step in range(5):
            for lane in (0, 1):
                out.rows(Layer.STATES, states(*range(1 + step * 500, 501 + step * 500), lane=lane))
            out.rows(Layer.HOLDS, np.zeros(10, HOLD_ROW))
            with pytest.raises(RecordingWriteError):
                out.commit(500 + step * 500)
    assert out.lost_rows > 1000
    out.close(2500)
    with RecordingReader(out.path) as reader:
        rows = read_all(reader)[1][Layer.STATES]
    assert len(rows) < 3000
    for lane in (0, 1):
        own = rows[rows["lane"] == lane]
        assert own["code"][0] == State.UNKNOWN
        assert own["end"][-1] == 2500
        assert (np.diff(own["end"].astype(np.int64)) > 0).all()


def test_rows_of_another_layer_are_refused(tmp_path: Path) -> None:
    out = RecordingWriter(tmp_path / "a.lane", {})
    with pytest.raises(TypeError):
        out.rows(Layer.HOLDS, states(1))
    out.abandon()
