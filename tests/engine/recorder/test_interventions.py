"""What code may do to others' waits, as its text tells."""

import signal

import pytest

from engine.recorder.definitions.interventions import ANY_SIGNAL, ANYTHING, Interventions, interventions_in

JOB = "from library import job\n"
INTERRUPT, END = 1 << (signal.SIGINT - 1), 1 << (signal.SIGTERM - 1)


@pytest.mark.parametrize(
    "source",
    [
        JOB + "job.cancel()",
        JOB + "cancel_later = Timer(5, job.cancel)",
        "getattr(future, 'cancel')()",
        "def give_up(what):\n    what.cancel()",
        "watch = Timer(5, print)\nwatch = pool.submit(print)\nwatch.cancel()",
        "watches = [Timer(5, print)]\nwatches.append(pool.submit(print))\nfor watch in watches: watch.cancel()",
        "pool.shutdown(cancel_futures=True)",
        "task = asyncio.create_task(ask(asyncio.wrap_future(job)))\ntask.cancel()",
        "with library.scope() as scope: scope.cancel()",
        "watch, job = Timer(5, print), pool.submit(print)\nwatch.cancel()",
    ],
)
def test_whatever_may_be_a_job_may_be_cancelled(source: str) -> None:
    assert interventions_in(source) == Interventions(cancels=True)


@pytest.mark.parametrize(
    "source",
    [
        "cancelled = 0",
        "Timer(5, print).cancel()",
        "class Watch:\n    timer = None\n    def start(self):\n        self.timer = Timer(5, print)\n"
        "    def stop(self):\n        self.timer.cancel()",
        "def stop(timer: threading.Timer):\n    timer.cancel()",
        "tasks = []\ntasks.append(loop.create_task(ask()))\nfor task in tasks: task.cancel()",
        "tasks = {asyncio.create_task(ask()) for _ in range(3)}\n[task.cancel() for task in list(tasks)]",
        "timers = {}\ntimers['one'] = Timer(5, print)\ntimers['one'].cancel()",
        "for task in asyncio.all_tasks(): task.cancel()",
        "pool.shutdown(cancel_futures=False)",
        "'''Asks the other side to\n\ncancel'''",
        "def cancel(): 'cancel'",
    ],
)
def test_timers_and_a_loops_tasks_are_no_jobs(source: str) -> None:
    assert interventions_in(source) == Interventions()


@pytest.mark.parametrize(
    ("source", "at_home", "abroad"),
    [
        ("os.kill(os.getppid(), signal.SIGINT)", INTERRUPT, INTERRUPT),
        ("from os import kill\nfrom signal import SIGTERM\nkill(parent, SIGTERM)", END, END),
        ("os.kill(worker, number)", ANY_SIGNAL, ANY_SIGNAL),
        ("os.kill(*both)", ANY_SIGNAL, ANY_SIGNAL),
        ("Timer(5, os.kill, (parent, 2))", ANY_SIGNAL, ANY_SIGNAL),
        ("from os import kill as end", ANY_SIGNAL, ANY_SIGNAL),
        ("signal.pthread_kill(main, 2)", INTERRUPT, 0),
        ("psutil.Process(parent).send_signal(signal.SIGINT)", INTERRUPT, INTERRUPT),
        ("import psutil\nworker.terminate()", END, END),
        ("worker = Process(target=work)\nos.kill(worker.number, 2)", INTERRUPT, INTERRUPT),
        ("worker = current_process()\nos.kill(worker.pid, 2)", INTERRUPT, INTERRUPT),
        ("subprocess.run(['kill', '-INT', parent])", ANY_SIGNAL, ANY_SIGNAL),
        ("os.system(f'sleep 1; kill -2 {parent}')", ANY_SIGNAL, ANY_SIGNAL),
        ("os.kill(worker, 0)", 0, 0),
        ("worker.kill()", 0, 0),
        ("players.kill(name)", 0, 0),
        ("kill = True\nprint('will not kill it', kill)", 0, 0),
        ("_thread.interrupt_main()", 0, 0),
    ],
)
def test_signals_that_are_sent(source: str, at_home: int, abroad: int) -> None:
    assert interventions_in(source) == Interventions(False, at_home, abroad)


@pytest.mark.parametrize(
    ("source", "signals"),
    [
        ("program.send_signal(signal.SIGINT)", INTERRUPT),
        ("program.send_signal(number)", ANY_SIGNAL),
        ("worker.terminate()", END),
        ("Timer(5, worker.terminate)", END),
        ("worker = Process(target=work)\nos.kill(worker.pid, 2)", INTERRUPT),
        ("self.program = subprocess.Popen(command)\nos.kill(self.program.pid, number)", ANY_SIGNAL),
        ("async def end():\n    it = await asyncio.create_subprocess_exec('ls')\n    os.kill(it.pid, 2)", INTERRUPT),
        ("workers = [Process(target=work) for _ in range(3)]\nfor each in workers: os.kill(each.pid, 2)", INTERRUPT),
        ("def end(worker: multiprocessing.Process): os.kill(worker.pid, 2)", INTERRUPT),
        ("def end(program: subprocess.Popen[bytes]): os.kill(program.pid, 2)", INTERRUPT),
    ],
)
def test_signals_that_are_sent_to_what_was_started(source: str, signals: int) -> None:
    assert interventions_in(source) == Interventions(to_started=signals)


def test_what_is_not_understood_may_do_anything_that_is_named_in_it() -> None:
    assert interventions_in("print job.cancel()") == ANYTHING
    assert interventions_in("print job") == Interventions()


@pytest.mark.parametrize(
    ("source", "in_loops"),
    [
        ("loop.add_signal_handler(signal.SIGTERM, stop.set)", END),
        ("for each in signals: asyncio.get_running_loop().add_signal_handler(each, stop.set)", ANY_SIGNAL),
        ("signal.set_wakeup_fd(there.fileno())", ANY_SIGNAL),
        ("from signal import set_wakeup_fd\nset_wakeup_fd(there)", ANY_SIGNAL),
        ("getattr(loop, 'add_signal_handler')(2, stop.set)", ANY_SIGNAL),
        ("loop.remove_signal_handler(2)", 0),
    ],
)
def test_event_loops_may_handle_signals(source: str, in_loops: int) -> None:
    assert interventions_in(source) == Interventions(in_loops=in_loops)
