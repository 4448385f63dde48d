"""Medians, spread, speed-up, the table and the findings: from given numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.comparison.advice import findings
from engine.comparison.result import NotAComparison, Result, Spread, VariantResult, load, save
from engine.comparison.text import WIDTH, render
from engine.comparison.traits import table
from engine.comparison.trial import WHERE, Trial, failed

S = 1_000_000_000


def trial(per_s: float, **more: Any) -> Trial:
    where = dict.fromkeys(WHERE, 0) | more.pop("where", {"running": S})
    values: dict[str, Any] = {
        "recording": f"{per_s}.lane", "work": int(per_s * 2), "unit": "steps", "span_ns": 2 * S, "start_up_ns": 1000,
        "resident_bytes": 30_000_000,
        "memory_bytes": 10_000_000, "processes": 1, "lanes": 1, "where": where, "slowest_share": 1.0, "dropped": 0,
        "sampled": True,
    }  # fmt: skip
    return Trial(**values | more)


def variant(backend: str, workers: int, *trials: Trial, version: str = "3.13.0") -> VariantResult:
    return VariantResult(backend, workers, f"/python{version}", version, free_threaded=False, trials=list(trials))


def comparison(*variants: VariantResult, cores: int = 2) -> Result:
    return Result("Primes", {"scenario": "cpu_under_gil"}, cores, 3, list(variants), complete=True, planned=9)


def typical() -> Result:
    gil = {"running": 50, "GIL wait": 50}
    return comparison(
        variant("serial", 1, trial(100), trial(110), trial(90)),
        variant("threads", 4, trial(95, where=gil), trial(100, where=gil), trial(105, where=gil)),
        variant("processes", 4, trial(180, memory_bytes=50_000_000), trial(190, memory_bytes=50_000_000)),
    )


def test_speed_up_and_efficiency_refer_to_the_serial_median() -> None:
    result = typical()
    assert result.baseline is result.variants[0]
    speed_up = result.speed_up(result.variants[2])
    assert speed_up is not None
    assert (speed_up.median, speed_up.least, speed_up.most) == (1.85, 180 / 110, 190 / 90)
    efficiency = result.efficiency(result.variants[2])
    assert efficiency is not None
    assert efficiency.median == pytest.approx(1.85 / 4)
    own = result.speed_up(result.variants[0])
    assert own is not None
    assert (own.median, own.least, own.most) == (1.0, 0.9, 1.1)


def test_of_many_trials_the_furthest_do_not_count() -> None:
    assert Spread.of([1, 9, 5, 4]) == Spread(4.5, 1, 9)
    assert Spread.of([5, 1, 4, 90, 6]) == Spread(5, 4, 6)


def test_a_share_is_as_sure_as_its_trials_and_its_sampling() -> None:
    apart = variant("threads", 2, *(trial(9, where={"running": 100 - n, "GIL wait": n}) for n in (40, 50, 60)))
    assert apart.share_in_words("GIL wait") == "50 % ± 10"
    assert apart.surely("GIL wait") == pytest.approx(0.4)
    sampled = variant("threads", 2, *[trial(9, where={"GIL wait": 1, "running": 1}, points={"GIL wait": 3.2})] * 2)
    assert sampled.share_in_words("GIL wait") == "50 % ± 3"
    assert sampled.points("running") == 0


def test_waits_for_a_slow_partner_are_no_hand_over() -> None:
    waits = [trial(100, where={"running": 1, "IPC": 1}, least_ipc=0.01)] * 2
    assert findings(comparison(variant("processes", 4, *waits))) == []
    assert findings(comparison(variant("processes", 4, *waits), variant("threads", 4, trial(90), trial(110)))) == []
    (finding,) = findings(comparison(variant("processes", 4, *waits), variant("threads", 4, trial(200), trial(210))))
    assert "threads × 4 did it 2.0 times as fast" in finding["advice"]


def test_what_holds_for_several_variants_is_said_once() -> None:
    locks = [trial(9, where={"running": 1, "lock wait": 1})] * 2
    (finding,) = findings(comparison(variant("threads", 2, *locks), variant("thread-pool", 2, *locks)))
    assert finding["title"] == "threads × 2 is bound by its locks"
    assert finding["explanation"].endswith("waiting for locks; likewise thread-pool × 2.")
    assert finding["variants"] == [0, 1]


def test_a_share_that_might_be_less_is_no_finding() -> None:
    shaky = [trial(9, where={"running": 100 - n, "lock wait": n}) for n in (5, 30, 55)]
    assert findings(comparison(variant("threads", 4, *shaky))) == []


def test_short_runs_are_remarked_upon() -> None:
    assert typical().remarks == []
    short = comparison(variant("serial", 1, trial(100)), variant("threads", 2, trial(100, span_ns=S // 4)))
    (remark,) = short.remarks
    assert remark.startswith("Runs were short (threads × 2: 250 ms at the least)")
    assert "Runs were short" in render(short)


def test_without_serial_the_fewest_workers_are_the_yardstick() -> None:
    result = comparison(variant("threads", 4, trial(300)), variant("threads", 1, trial(100)))
    assert result.baseline is result.variants[1]


def test_a_gil_bound_variant_is_told_what_was_faster_and_by_how_much() -> None:
    (finding,) = findings(typical())
    assert finding["kind"] == "gil-bound"
    assert "50 %" in finding["explanation"]
    assert "processes × 4 did the same work 1.9 times as fast" in finding["advice"]
    assert finding["variants"] == [1, 2]


def test_what_its_own_python_can_do_comes_before_what_another_one_can() -> None:
    old = "3.11.7"
    gil = {"running": 50, "GIL wait": 50}
    variants = [
        variant("serial", 1, trial(50), trial(51), version=old),
        variant("threads", 2, trial(50, where=gil), trial(51, where=gil), version=old),
        variant("processes", 2, trial(90), trial(91), version=old),
        variant("processes", 2, trial(190), trial(191)),
    ]
    result = comparison(*variants)
    (finding,) = findings(result)
    assert "processes × 2 on Python 3.11.7 did the same work 1.8 times as fast" in finding["advice"]
    (finding,) = findings(comparison(*variants[:2], variants[3]))
    assert "processes × 2 on Python 3.13.0 did the same work 3.8 times as fast" in finding["advice"]
    own, other = (result.efficiency(result.variants[number]) for number in (2, 3))
    assert own is not None
    assert own.median == pytest.approx(90.5 / 50.5 / 2)
    assert other is not None
    assert other.median == pytest.approx(1.0)  # nothing else of its Python was measured


def test_thin_evidence_says_nothing() -> None:
    gil = {"running": 50, "GIL wait": 50}
    assert findings(comparison(variant("threads", 4, trial(100, where=gil)))) == []
    overlapping = comparison(
        variant("threads", 4, trial(100, where=gil), trial(200, where=gil)),
        variant("processes", 4, trial(150), trial(400)),
    )
    (finding,) = findings(overlapping)
    assert "none was faster" in finding["advice"]
    assert finding["gain"] is None
    (finding,) = findings(comparison(overlapping.variants[0]))
    assert "compare with one of them" in finding["advice"]


@pytest.mark.parametrize(
    ("kind", "variants"),
    [
        ("lock-bound", [variant("threads", 4, *[trial(9, where={"running": 1, "lock wait": 1})] * 2)]),
        ("start-up-bound", [variant("processes", 4, *[trial(9, where={"running": 1, "start-up": 1})] * 2)]),
        ("hand-over-bound", [variant("processes", 4, *[trial(9, where={"running": 1, "IPC": 1}, least_ipc=0.4)] * 2)]),
        (
            "oversubscribed",
            [
                variant("processes", 2, *[trial(9)] * 2),
                variant("processes", 8, *[trial(9, where={"running": 1, "core wait": 1})] * 2),
            ],
        ),
        ("uneven-load", [variant("threads", 4, *[trial(9, where={"running": 1, "idle": 1}, slowest_share=2.0)] * 2)]),
        (
            "under-threaded",
            [
                variant("threads", 2, *[trial(10, where={"I/O": 9, "running": 1})] * 2),
                variant("threads", 8, *[trial(39, where={"I/O": 9, "running": 1})] * 2),
            ],
        ),
    ],
)
def test_each_finding_rests_on_its_number(kind: str, variants: list[VariantResult]) -> None:
    assert [finding["kind"] for finding in findings(comparison(*variants))] == [kind]


def test_each_cell_of_the_table_has_a_number_and_its_recording() -> None:
    rows = {row.backend: row for row in table(typical())}
    assert rows["processes"].cells["memory space"].text == "one for each process, 50.0 MB in all, 10.0 MB a worker"
    assert rows["threads"].cells["GIL impact"].text == "one GIL, 50 % of the workers' time waited for it"
    assert rows["processes"].cells["use case"].text.startswith("1.85 times serial here")
    assert all(cell.recording.endswith(".lane") for row in rows.values() for cell in row.cells.values())


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    result = typical()
    result.variants.append(variant("thread-pool", 4, failed("x.lane", "ended by signal 9")))
    save(result, tmp_path)
    assert load(tmp_path) == result
    assert json.loads((tmp_path / "comparison.json").read_text())["variants"][3]["error"] == "ended by signal 9"
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.json"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 99}', '{"schema": 1, "variants": [{}]}'])
def test_what_is_no_comparison_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(NotAComparison) as refused:
        load(tmp_path / "x.json")
    assert "\n" not in str(refused.value)


def test_the_text_has_everything_and_fits_a_terminal() -> None:
    text = render(typical())
    for words in ("serial", "(the yardstick)", "1.85", "GIL wait 50 %", "memory space", "bound by the GIL"):
        assert words in text
    assert max(map(len, text.splitlines())) <= WIDTH + 20


def test_memory_is_told_of_all_variants_in_the_same_way() -> None:
    result = typical()
    assert result.memory(result.variants[0]) == 10_000_000
    result.variants.append(variant("process-pool", 4, trial(100, memory_bytes=0, resident_bytes=70_000_000)))
    assert result.memory(result.variants[0]) == 30_000_000
    assert result.memory(result.variants[3]) == 70_000_000


def test_who_waits_at_a_barrier_for_the_slowest_is_shared_out_unevenly() -> None:
    where = {"sleep": 50, "wait": 50}
    uneven = [trial(9, where=where, at_barriers=50, slowest_share=2.0)] * 2
    (finding,) = findings(comparison(variant("threads", 4, *uneven)))
    assert finding["kind"] == "uneven-load"
    assert "2.0 times as long as the mean" in finding["explanation"]
    assert "for 50 % of their time" in finding["explanation"]
    for near in ({"slowest_share": 1.4}, {"at_barriers": 20}, {"slowest_share": 1.0, "at_barriers": 50}):
        almost = [trial(9, where=where, **{"at_barriers": 50, "slowest_share": 2.0, **near})] * 2
        assert findings(comparison(variant("threads", 4, *almost))) == []
    sometimes = [uneven[0], trial(9, where=where, slowest_share=1.0)]
    assert findings(comparison(variant("threads", 4, *sometimes))) == []


def test_more_workers_than_cores_that_gain_nothing_are_too_many() -> None:
    waits = {"running": 30, "core wait": 70}
    few = variant("processes", 2, trial(100), trial(102))
    (finding,) = findings(comparison(few, variant("processes", 8, trial(99, where=waits), trial(101, where=waits))))
    assert finding["kind"] == "oversubscribed"
    assert "no faster than processes × 2" in finding["explanation"]
    faster = variant("processes", 8, trial(150, where=waits), trial(152, where=waits))
    assert findings(comparison(few, faster)) == []
    hardly = {"running": 85, "core wait": 15}
    assert findings(comparison(few, variant("processes", 8, *[trial(99, where=hardly)] * 2))) == []
    fewer = variant("processes", 2, trial(99, where=waits), trial(101, where=waits))  # other programs have the cores
    assert findings(comparison(variant("processes", 1, trial(100), trial(102)), fewer)) == []


def test_what_disturbed_or_failed_is_remarked_upon() -> None:
    (remark,) = comparison(variant("serial", 1, trial(100, others_cores=0.9))).remarks
    assert remark.startswith("Other programs used 0.9 of the 2 cores meanwhile")
    assert comparison(variant("serial", 1, trial(100, others_cores=0.3))).remarks == []
    stuck = [variant(backend, 4, failed("x.lane", "ended by deadlock")) for backend in ("threads", "processes")]
    assert comparison(*stuck).remarks == ["Not measured: threads × 4, processes × 4: ended by deadlock."]
