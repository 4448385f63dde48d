"""What a comparison says in words; each finding rests on a number, and there is none where the evidence is thin.

Evidence is thin with fewer than LEAST_TRIALS trials of a variant, where the trials of two variants overlap, and where a
share might be less than it takes: its uncertainty is that of sampling or of the trials, whichever is more.
"""

from typing import Any

from engine.backends import registry
from engine.comparison.result import Result, VariantResult
from engine.model.format import percent

LEAST_TRIALS = 2
GIL_SHARE = 0.25  # of the workers' time
LOCK_SHARE = 0.25
WAITING_SHARE = 0.6
START_UP_SHARE = 0.3
HAND_OVER_SHARE = 0.3
CORE_SHARE = 0.2
IDLE_SHARE = 0.25
UNEVEN = 1.5  # the slowest worker at work so many times as long as the mean
GAIN = 1.15  # what is called faster


def findings(result: Result) -> list[dict[str, Any]]:
    """The findings, those that gain the most first.

    Each has kind, title, explanation, advice, gain (float | None), variants (their numbers in the result) and subjects
    (those of them that it speaks about; others are what they were compared with).
    """
    solid = [variant for variant in result.variants if len(variant.good) >= LEAST_TRIALS]
    found = []
    for variant in solid:
        for rule in (_gil_bound, _lock_bound, _slow_to_start, _hand_over, _oversubscribed, _uneven):
            if finding := rule(result, solid, variant):
                found.append((rule, variant, finding))
    chosen: dict[tuple[str, str, str], dict[str, Any]] = {}
    for rule, variant, finding in found:  # of one backend the variant with the most workers speaks
        chosen[rule.__name__, variant.python, variant.backend] = finding
    kept = list(chosen.values())
    for python in dict.fromkeys(variant.python for variant in solid):
        if finding := _too_few_threads(result, [variant for variant in solid if variant.python == python]):
            kept.append(finding)
    return sorted(_merged(result, kept), key=lambda finding: -(finding["gain"] or 0))


def _merged(result: Result, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that say the same of several variants as one, which begins with the first of them."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in found:
        first = merged.setdefault((finding["kind"], finding["advice"]), finding)
        if first is not finding:
            subject = finding["variants"][0]
            joint = ", " if len(first["variants"]) > len(finding["variants"]) else "; likewise "
            name = result.full_name(result.variants[subject])
            first["explanation"] = f"{first['explanation'].removesuffix('.')}{joint}{name}."
            first["variants"] = [*first["variants"], subject]
            first["subjects"] = [*first["subjects"], subject]
    return list(merged.values())


def _finding(
    result: Result, kind: str, texts: tuple[str, str, str], *variants: VariantResult, gain: float | None = None
) -> dict[str, Any]:
    title, explanation, advice = texts
    numbers = [result.variants.index(variant) for variant in variants]
    return {
        "kind": kind, "title": title, "explanation": explanation, "advice": advice,
        "gain": round(gain, 2) if gain else None, "variants": numbers, "subjects": numbers[:1],
    }  # fmt: skip


def _gain(better: VariantResult, than: VariantResult) -> float:
    """How many times as fast; 0 where the trials overlap."""
    new, old = better.throughput, than.throughput
    return new.median / old.median if new and old and old.median and new.apart_from(old) else 0.0


def _fastest(candidates: list[VariantResult], than: VariantResult) -> tuple[VariantResult | None, float]:
    best = max(candidates, key=lambda variant: _gain(variant, than), default=None)
    gain = _gain(best, than) if best else 0.0
    return (best, gain) if gain >= GAIN else (None, 0.0)


def _gil_bound(result: Result, solid: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    if variant.surely("GIL wait") < GIL_SHARE or variant.free_threaded or registry.get(variant.backend).uses_processes:
        return None
    others = [
        other
        for other in solid
        if registry.get(other.backend).uses_processes or other.free_threaded or other.backend == "sub-interpreters"
    ]
    at_hand = [other for other in others if other.python == variant.python or other.free_threaded]
    best, gain = _fastest(at_hand, variant)
    if best is None:  # then another Python may help
        best, gain = _fastest(others, variant)
    ways = "Processes, sub-interpreters and free-threaded builds have no GIL in common"
    advice = (
        f"{result.full_name(best)} did the same work {gain:.1f} times as fast."
        if best
        else f"{ways}; none was faster here."
        if others
        else f"{ways}: compare with one of them to see how much it helps."
    )
    share = variant.share_in_words("GIL wait")
    texts = (
        f"{result.full_name(variant)} is bound by the GIL",
        f"Its workers spent {share} of their time in waiting for the GIL (sampled).",
        advice,
    )
    return _finding(result, "gil-bound", texts, variant, *([best] if best else []), gain=gain)


def _lock_bound(result: Result, _: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    if variant.surely("lock wait") < LOCK_SHARE or variant.workers < 2:
        return None
    share = variant.share_in_words("lock wait")
    texts = (
        f"{result.full_name(variant)} is bound by its locks",
        f"Its workers spent {share} of their time in waiting for locks.",
        "Hold locks for less time, or divide what they protect; more workers only wait longer.",
    )
    return _finding(result, "lock-bound", texts, variant)


def _slow_to_start(result: Result, solid: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    if variant.surely("start-up") < START_UP_SHARE or not registry.get(variant.backend).uses_processes:
        return None
    best, gain = _fastest([other for other in solid if other.share("start-up") < START_UP_SHARE], variant)
    more = f" {result.full_name(best)} did the same work {gain:.1f} times as fast." if best else ""
    share = variant.share_in_words("start-up")
    texts = (
        f"{result.full_name(variant)} spends its time in starting processes",
        f"{share} of its workers' time passed before they began.",
        f"Keep processes in a pool and give each more work.{more}",
    )
    return _finding(result, "start-up-bound", texts, variant, *([best] if best else []), gain=gain)


def _hand_over(result: Result, solid: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    """Waits for a queue may be waits for a slow partner. They are hand-over where work without processes was faster or,
    if none was compared, where every worker waits so.
    """
    if variant.surely("IPC") < HAND_OVER_SHARE:
        return None
    others = [other for other in solid if not registry.get(other.backend).uses_processes]
    best, gain = _fastest(others, variant)
    if best is None and (others or variant.middle("least_ipc") < HAND_OVER_SHARE):
        return None
    less = f"use threads for this work: {result.full_name(best)} did it {gain:.1f} times as fast" if best else ""
    share = variant.share_in_words("IPC")
    texts = (
        f"{result.full_name(variant)} spends its time in handing over",
        f"Its workers spent {share} of their time in waiting for queues and pipes between processes.",
        f"Hand over larger pieces (a chunk size, shared memory), or {less or 'use threads for this work'}.",
    )
    return _finding(result, "hand-over-bound", texts, variant, *([best] if best else []), gain=gain)


def _oversubscribed(result: Result, solid: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    if variant.surely("core wait") < CORE_SHARE or variant.workers <= result.cores:
        return None
    fewer = [
        other
        for other in solid
        if (other.backend, other.python) == (variant.backend, variant.python) and other.workers < variant.workers
    ]
    most = max(fewer, key=lambda other: other.workers, default=None)
    if most is None or _gain(variant, most) >= GAIN:
        return None  # more workers than cores did help
    share = variant.share_in_words("core wait")
    texts = (
        f"{result.full_name(variant)} has more workers than there are cores",
        f"Its workers spent {share} of their time in waiting for one of the {result.cores} cores,"
        f" and it was no faster than {most.name}.",
        f"Use {result.cores} workers for work that computes.",
    )
    return _finding(result, "oversubscribed", texts, variant)


def _uneven(result: Result, _: list[VariantResult], variant: VariantResult) -> dict[str, Any] | None:
    ratio, idle = variant.least("slowest_share"), variant.least("waiting_for_others")
    if variant.workers < 2 or variant.backend == "serial" or ratio < UNEVEN or idle < IDLE_SHARE:
        return None
    texts = (
        f"{result.full_name(variant)} shares its work out unevenly",
        f"Its slowest worker was at work {variant.middle('slowest_share'):.1f} times as long as the mean; its workers"
        f" had nothing to do but wait for one another for {percent(variant.middle('waiting_for_others'))} of their"
        " time.",
        "Cut the work into smaller pieces and let workers fetch the next one when they are done.",
    )
    return _finding(result, "uneven-load", texts, variant)


def _too_few_threads(result: Result, solid: list[VariantResult]) -> dict[str, Any] | None:
    """Work that waits and still gains from every worker that is added."""
    threads = sorted((each for each in solid if each.backend == "threads"), key=lambda each: each.workers)
    if len(threads) < 2:
        return None
    before, last = threads[-2:]
    waiting = last.share("I/O") + last.share("sleep") + last.share("wait")
    gain = _gain(last, before)
    if waiting < WAITING_SHARE or gain < 0.75 * last.workers / before.workers or gain < GAIN:
        return None
    texts = (
        "More threads would go on helping",
        f"{last.name} was {gain:.1f} times as fast as {before.name}, and its workers still spent {percent(waiting)} of"
        " their time in waiting for something outside.",
        f"Try more than {last.workers} threads for this work.",
    )
    return _finding(result, "under-threaded", texts, last, before, gain=gain)
