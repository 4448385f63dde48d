"""Who submits a job, does it and reads its result is told, where it matters for the order of locks; within bounds."""

from pathlib import Path

import pytest

from tests.engine.tracer.tracing import TracedProcess, trace

THREADS = """
    import threading
    from concurrent.futures import ThreadPoolExecutor, as_completed, wait
    from multiprocessing.pool import ThreadPool
    a, b = threading.Lock(), threading.Lock()
    def nest(*_):
        with b, a: pass
    def nothing(*_): pass
"""
PROCESSES = """
    import multiprocessing, sys
    from concurrent.futures import ProcessPoolExecutor
    kept = []
    def keep(*locks): kept[:] = locks
    def nest(*_):
        a, b = kept
        with b, a: pass
    def main():
        context = multiprocessing.get_context(sys.argv[1])
        locks = context.Lock(), context.Lock()
        with ProcessPoolExecutor(1, context, keep, locks) as pool:
            with locks[0], locks[1]: pass
            pool.submit(nest).result()
            list(pool.map(nest, range(2)))
        with context.Pool(1, keep, locks) as pool:
            with locks[0], locks[1]: pass
            pool.apply(nest)
            pool.map(nest, range(4), chunksize=2)
            list(pool.imap(nest, range(2)))
            list(pool.imap_unordered(nest, range(2)))
    if __name__ == "__main__": main()
"""


def jobs(processes: list[TracedProcess]) -> list[tuple[str, int, int, int]]:
    """What is told of jobs, by time: what, executor, job, part (a submit's is -1)."""
    found = []
    for process in processes:
        for kind in ("submitted", "began", "ended", "read"):
            for _, time_ns, number, job, *part in process.texts(f"job-{kind}"):
                found.append((time_ns, kind, number, job, part[0] if part else -1))
    return [told[1:] for told in sorted(found)]


def kinds(told: list[tuple[str, int, int, int]]) -> list[str]:
    return [kind for kind, *_ in told]


def test_a_job_is_told_from_its_submit_to_its_result(tmp_path: Path) -> None:
    source = """
    with ThreadPoolExecutor(1) as pool:
        with a, b: pass
        pool.submit(nest).result()
    """
    told = jobs(trace(tmp_path, THREADS + source))
    assert kinds(told) == ["submitted", "began", "ended", "read"]
    assert len({(number, job) for _, number, job, _ in told}) == 1


def test_jobs_that_have_to_do_with_no_order_are_not_told(tmp_path: Path) -> None:
    source = """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(nothing).result()
        with a, b: pass
        pool.submit(nothing).result()
    """
    assert kinds(jobs(trace(tmp_path, THREADS + source))) == ["submitted"]


def test_results_of_several_jobs(tmp_path: Path) -> None:
    source = """
    with ThreadPoolExecutor(1) as pool:
        wait([pool.submit(nest), pool.submit(nest)])
        for each in as_completed([pool.submit(nest), pool.submit(nest)]): each.result()
        list(pool.map(nest, range(2)))
        pool.submit(nest).exception()
        done = pool.submit(nest)
        while not done.done(): pass
        done.result()
    """
    (process,) = trace(tmp_path, THREADS + source)
    sure = [(job, is_sure) for _, _, _, job, _, is_sure in process.texts("job-read")]
    assert sorted(set(sure)) == [
        (1, True), (2, True),  # waited for
        (3, False), (3, True), (4, False), (4, True),  # it is chance whose result comes first, not that all have come
        (5, True), (6, True), (7, True),
        (8, False),  # whoever looks whether a job is done may do something else when it is not
    ]  # fmt: skip


def test_which_result_of_a_set_is_asked_for_first_is_chance(tmp_path: Path) -> None:
    source = """
    with ThreadPoolExecutor(1) as pool:
        for each in {pool.submit(nest), pool.submit(nest)}: each.result()
        for each in [pool.submit(nest), pool.submit(nest)]: each.result()
    with ThreadPool(1) as pool:
        for each in {pool.apply_async(nest)}: each.wait()
    """
    (process,) = trace(tmp_path, THREADS + source)
    read = {(number, job): is_sure for _, _, number, job, _, is_sure in process.texts("job-read")}
    assert [read[key] for key in sorted(read)] == [False, False, True, True, False]


@pytest.mark.parametrize(("times", "first"), [(150, "with a, b: pass"), (2100, "pass")], ids=["orders", "submits"])
def test_from_when_on_not_all_is_told_is_told_once(tmp_path: Path, times: int, first: str) -> None:
    source = f"""
    with ThreadPoolExecutor(1) as pool:
        with b, a: pass
        for _ in range({times}):
            {first}
            pool.submit(nothing).result()
    """
    (process,) = trace(tmp_path, THREADS + source)
    ((serial, since),) = process.texts("untold")
    assert serial == 1
    assert all(time_ns < since for _, time_ns, *_ in process.texts("job-submitted"))


def test_each_thread_tells_that_not_all_is_told_of_it(tmp_path: Path) -> None:
    source = """
    def submit():
        for _ in range(1500): pool.submit(nothing).result()
    with ThreadPoolExecutor(1) as pool:
        with b, a: pass
        for _ in range(2):
            thread = threading.Thread(target=submit)
            thread.start()
            thread.join()
        for _ in range(110): pool.submit(nest).result()
    """
    (process,) = trace(tmp_path, THREADS + source)
    silent = [serial for serial, _ in process.texts("untold")]
    names = {serial: name for serial, _, name, *_ in process.texts("thread")}
    assert [names[serial].partition(" ")[0] for serial in silent] == [
        "Thread-2",
        "MainThread",
        "ThreadPoolExecutor-0_0",
    ]


def test_results_of_a_pool_of_threads(tmp_path: Path) -> None:
    source = """
    with ThreadPool(1) as pool:
        pool.apply_async(nest).get(30)
        pool.apply_async(nest).wait()
        for each in pool.imap(nest, range(2)): pass
        for each in pool.imap_unordered(nest, range(2)): pass
    """
    (process,) = trace(tmp_path, THREADS + source)
    read = [(job, part, is_sure) for _, _, _, job, part, is_sure in process.texts("job-read")]
    assert read == [(0, -1, False), (1, -1, True), (2, 0, True), (2, 1, True), (2, -1, True), (3, -1, True)]


def test_what_a_callback_does_comes_after_the_job(tmp_path: Path) -> None:
    source = """
    import time
    with ThreadPoolExecutor(1) as pool:
        gate = threading.Event()
        def job(): gate.wait(); nest()
        done = pool.submit(job)
        done.add_done_callback(nest)
        gate.set()
    """
    (process,) = trace(tmp_path, THREADS + source)
    ((_, ended, *_),) = process.texts("job-ended")
    ((_, began, *_),) = process.texts("job-began")
    inner, outer = [time_ns for _, time_ns, *_ in process.texts("nesting") if began < time_ns][:2]
    assert began < inner < ended < outer


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.full)])
def test_jobs_of_other_processes(tmp_path: Path, method: str) -> None:
    check_processes(trace(tmp_path, PROCESSES, method))


@pytest.mark.full
def test_jobs_everywhere(tmp_path: Path, other_pythons: list[str]) -> None:
    for number, python in enumerate(other_pythons):
        for method in ("fork", "spawn", "forkserver"):
            folder = tmp_path / f"{number}{method}"
            folder.mkdir()
            check_processes(trace(folder, PROCESSES, method, python=python))


def check_processes(processes: list[TracedProcess]) -> None:
    told = jobs(processes)
    executors = list(dict.fromkeys(number for _, number, _, _ in told))
    assert len(executors) == 2
    for executor in executors:
        for job in {job for _, number, job, _ in told if number == executor}:
            own = [(kind, part) for kind, number, each, part in told if (number, each) == (executor, job)]
            done = [part for kind, part in own if kind == "ended"]
            assert own[0] == ("submitted", -1)
            assert [part for kind, part in own if kind == "began"] == done == list(range(len(done)))
            assert own[-1] == ("read", -1), own
    assert sum(kind == "began" for kind, *_ in told) == 3 + 1 + 2 + 2 + 2


def test_what_is_told_of_jobs_is_bounded_and_nothing_is_kept(tmp_path: Path) -> None:
    source = """
    import sys, weakref
    class Result: pass
    def make(*_):
        nest()
        return Result()
    with ThreadPoolExecutor(1) as pool:
        for _ in range(120):
            with a, b: pass
            event = threading.Event()
            done = pool.submit(make)
            gone = [weakref.ref(done), weakref.ref(done.result())]
            pool.submit(event.set).result()
            del done
            assert [each() for each in gone] == [None, None]
    """
    (process,) = trace(tmp_path, THREADS + source)
    assert 0 < len(process.texts("job-began")) <= 100
    assert 0 < len(process.texts("job-submitted")) <= 200, "two a turn"
    gifts = [is_followed for *_, is_followed in process.texts("gave")]
    assert gifts[0]
    assert not gifts[-1]


def test_of_a_barrier_with_too_many_users_no_more_is_told(tmp_path: Path) -> None:
    source = """
    barrier = threading.Barrier(2)
    for _ in range(4):
        pair = [threading.Thread(target=barrier.wait) for _ in range(2)]
        for each in pair: each.start()
        for each in pair: each.join()
    """
    (process,) = trace(tmp_path, THREADS + source)
    assert len(process.texts("passed")) == 3
