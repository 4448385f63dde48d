"""Libraries that use threads and processes heavily, and which of their own tests are run."""

from dataclasses import dataclass

RUNNER = "pytest==9.0.2"


@dataclass(frozen=True)
class Library:
    """A release whose source distribution has its tests in it. They are run where that has been unpacked."""

    name: str
    version: str
    tests: tuple[str, ...]  # words for pytest: files or modules, options
    needs: tuple[str, ...] = ()  # what the tests import, or take for granted, besides
    part: str = ""  # tells apart what is run in processes of its own

    @property
    def title(self) -> str:
        """Name it by that."""
        return f"{self.name} ({self.part})" if self.part else self.name


def files(folder: str, *names: str) -> tuple[str, ...]:
    """Files of tests."""
    return tuple(f"{folder}/test_{name}.py" for name in names)


def modules(package: str, *names: str) -> tuple[str, ...]:
    """Tests that are part of what is installed."""
    return ("--pyargs", *(f"{package}.{name}" for name in names))


LIBRARIES = (
    Library(
        "anyio", "4.16.0",
        files("tests", "from_thread", "to_thread", "to_process", "to_interpreter", "subprocesses"),
        ("pytest-mock", "trio", "trustme", "psutil", "exceptiongroup", "blockbuster", "truststore", "pytest-timeout"),
    ),
    Library(
        "APScheduler", "3.11.3", files("tests", "executors", "schedulers"),
        ("pytz", "tornado", "gevent", "twisted", "anyio", "pytest-timeout"),
    ),
    Library("billiard", "4.3.2", ("t/unit",), ("psutil",)),
    Library("cachetools", "8.0.1", files("tests", "threading", "cached", "cachedmethod")),
    Library(
        "cheroot", "11.1.2", files("cheroot/test", "conn", "core", "server", "makefile", "dispatch"),
        ("pytest-cov", "pytest-mock", "pytest-rerunfailures", "requests", "requests-unixsocket", "jaraco.text",
         "pypytools", "trustme", "pyopenssl"),
    ),
    Library(
        "execnet", "2.1.2", files("testing", "threadpool", "channel", "termination", "multi"), ("gevent", "eventlet")
    ),
    Library("filelock", "3.16.1", ("tests", "--ignore", "tests/test_virtualenv.py"), ("pytest-mock", "pytest-asyncio")),
    Library(
        "gevent", "26.9.0", modules("gevent.tests", "test__threadpool", "test__thread", "test__event", "test__queue"),
    ),
    Library(
        "gevent", "26.9.0",
        modules("gevent.tests", "test__monkey", "test__monkey_queue", "test__monkey_selectors", "test__threading_2",
                "test__threading_patched_local", "test__threadpool_executor_patched"),
        part="monkey-patched",
    ),
    Library("janus", "2.0.0", files("tests", "async", "mixed", "sync"), ("pytest-asyncio",)),
    Library(
        "joblib", "1.6.0",
        ("joblib/test/test_parallel.py", "-k", "not nested and not memmap and not timeout and not crash and not abort"),
        ("numpy", "psutil"),
    ),
    Library(
        "multiprocess", "0.70.19",
        modules("multiprocess.tests", "test_multiprocessing_fork.test_processes",
                "test_multiprocessing_fork.test_threads"),
    ),
    Library(
        "Pebble", "5.2.3",
        files("test", "thread_pool", "concurrent_thread", "asynchronous_thread", "pebble", "concurrent_process_fork"),
    ),
    Library(
        "persist-queue", "1.1.0", files("persistqueue/tests", "queue", "sqlqueue", "sqlackqueue"),
        ("cbor2<6", "msgpack"),  # later ones have no wheels without a GIL, and need what Rust gets from elsewhere
    ),
    Library(
        "portalocker", "4.4.2",
        files("portalocker_tests", "multiprocess", "concurrent_state", "semaphore", "rlock_behaviour", "combined"),
        ("redis", "pytest-rerunfailures"),
    ),
    Library("SQLAlchemy", "2.1.9", ("test/engine/test_pool.py", "test/base/test_concurrency.py"), ("greenlet",)),
    Library("tqdm", "4.70.1", ("tests/tests_concurrent.py", "tests/tests_rlock.py", "tests/tests_synchronisation.py")),
    Library(
        "trio", "0.35.0",
        (*modules("trio", "_core._tests.test_thread_cache", "_tests.test_threads", "_core._tests.test_guest_mode",
                  "_tests.test_subprocess", "_tests.test_signals"), "-p", "trio._tests.pytest_plugin"),
        ("trustme", "pyopenssl", "astor", "jedi"),
    ),
    Library(
        "urllib3", "2.8.0",
        (*files("test", "connectionpool", "collections", "queue_monkeypatch", "wait"),
         "test/with_dummyserver/test_connectionpool.py"),
        ("trustme", "httpx", "hypercorn", "quart", "quart-trio", "pysocks", "cryptography", "pytest-timeout"),
    ),
    Library("waitress", "3.0.2", files("tests", "server", "task", "trigger", "functional")),
    Library(
        "watchdog", "7.1.0",
        files("tests", "observer", "observers_api", "observers_polling", "delayed_queue", "skip_repeats_queue",
              "event_debouncer", "inotify_emitter"),
        ("flaky", "pytest-timeout", "eventlet"),
    ),
    Library(
        "Werkzeug", "3.1.9", (*files("tests", "serving", "local"), "-k", "not reloader"),
        ("ephemeral-port-reserve", "cryptography", "watchdog", "pytest-timeout"),
    ),
)  # fmt: skip
