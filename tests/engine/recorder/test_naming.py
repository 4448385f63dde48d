"""Names of primitives from the source that made them."""

from pathlib import Path

import pytest

from engine.recorder.definitions.naming import SourceNames
from engine.recorder.definitions.sources import Sources


def names(tmp_path: Path, source: str, line: int = 1, count: int = 1) -> list[str]:
    file = tmp_path / "program.py"
    file.write_text(source)
    found = SourceNames(Sources())
    return [found.name(0, str(file), line) for _ in range(count)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lock = Lock()", ["lock"]),
        ("lock: Lock = Lock()", ["lock"]),
        ("self.accounts = Lock()", ["accounts"]),
        ("table['audit'] = Lock()", ["table['audit']"]),
        ("first, second = Lock(), Lock()", ["first", "second"]),
        ("forks = [Lock() for _ in range(2)]", ["forks[0]", "forks[1]"]),
        ("forks = list(map(lambda _: Lock(), range(2)))", ["forks[0]", "forks[1]"]),
        ("a = b = Lock()", ["a"]),
        ("start(lock=Lock())", ["lock"]),
        ("run({'audit': Lock()})", ["audit"]),
        ("if (lock := Lock()): pass", ["lock"]),
        ("with Pool() as pool: pass", ["pool"]),
        ("use(Lock())", [""]),
        ("this is not Python", [""]),
    ],
)
def test_the_name_is_what_it_was_assigned_to(tmp_path: Path, source: str, expected: list[str]) -> None:
    assert names(tmp_path, source, count=len(expected)) == expected


def test_what_a_pool_is_given_has_not_the_pools_name(tmp_path: Path) -> None:
    source = "with Pool(2, set_up, (Barrier(3),)) as pool: pass"
    file = tmp_path / "program.py"
    file.write_text(source)
    found = SourceNames(Sources())
    assert found.name(0, str(file), 1, "process Barrier", source.index("Barrier")) == ""
    assert found.name(0, str(file), 1, "Pool", source.index("Pool")) == "pool"


def test_the_narrowest_assignment_counts(tmp_path: Path) -> None:
    source = "bank = Bank(\n    accounts=Lock(),\n    audit=Lock(),\n)"
    assert names(tmp_path, source, line=3) == ["audit"]


def test_what_a_decorator_is_given_is_found(tmp_path: Path) -> None:
    source = "class Bank:\n    @guarded(\n        by=Lock()\n    )\n    def transfer(self): pass"
    assert names(tmp_path, source, line=3) == ["by"]


LONG = '''
"""About locks:

def make():
    wrong = Lock()
"""
class Bank:
    """
def its(): documentation
    """
    def __init__(self):
        self.accounts = Lock()
try:
    audit = Lock()
except OSError:
    audit = None
else:
    other = Lock()
@guarded(
    by=Lock(),
)
def transfer(
    lock=Lock(),
): pass
table = [
Lock(), Lock(),
]
'''


@pytest.mark.parametrize(
    ("line", "expected"),
    [(12, "accounts"), (14, "audit"), (18, "other"), (20, "by"), (23, ""), (26, "table[0]")],
)
def test_in_a_long_file_the_statement_around_a_line_counts(tmp_path: Path, line: int, expected: str) -> None:
    assert names(tmp_path, LONG, line) == [expected]


def test_a_line_that_makes_several_numbers_them(tmp_path: Path) -> None:
    assert names(tmp_path, "def make():\n    lock = Lock()\n    return lock", line=2, count=3) == [
        "lock", "lock #2", "lock #3",
    ]  # fmt: skip


def test_a_file_that_is_not_there_gives_no_name() -> None:
    assert SourceNames(Sources()).name(0, "<string>", 1) == ""


@pytest.mark.parametrize(
    ("source", "kinds", "expected"),
    [
        ("stop = threading.Event(); tasks = queue.Queue()", ["Event", "Queue"], ["stop", "tasks"]),
        ("a = Lock(); b = RLock(); c = Lock()", ["Lock", "RLock", "Lock"], ["a", "b", "c"]),
        ("done = context.Event(); tasks = context.Queue()", ["process Event", "process Queue"], ["done", "tasks"]),
        ("pool = ThreadPoolExecutor(2); lock = Lock()", ["Executor", "Lock"], ["pool", "lock"]),
        ("bank = Bank(accounts=Lock(), audit=Lock())", ["Lock", "Lock"], ["accounts", "audit"]),
        ("pool = Pool(2, initargs=[Lock()])", ["Lock", "Pool"], ["initargs[0]", "pool"]),
        ("a = make(); b = make()", ["Lock"], ["a"]),
    ],
)
def test_one_line_that_makes_several_kinds(tmp_path: Path, source: str, kinds: list[str], expected: list[str]) -> None:
    file = tmp_path / "program.py"
    file.write_text(source)
    found = SourceNames(Sources())
    assert [found.name(0, str(file), 1, kind) for kind in kinds] == expected


@pytest.mark.parametrize(
    ("source", "column", "expected"),
    [
        ("a, b = L(), L()", 7, ["a", "a #2"]),
        ("a, b = L(), L()", 12, ["b", "b #2"]),
        ("a, b = (L() for _ in range(2))", 8, ["a", "b"]),
        ("bank = Bank(L(), audit=L())", 12, ["bank"]),
        ("bank = Bank(L(), audit=L())", 23, ["audit"]),
        ("é = 1; lock = L()", 15, ["lock"]),
        ("locks.append(L())", 13, ["locks[0]", "locks[1]"]),
        ("return_it(L())", 10, [""]),
        ("a = make(); b = make()", -1, ["a", "a #2"]),
    ],
)
def test_the_call_that_made_it_tells(tmp_path: Path, source: str, column: int, expected: list[str]) -> None:
    file = tmp_path / "program.py"
    file.write_text(source)
    found = SourceNames(Sources())
    assert [found.name_at(str(file), 1, column, "Lock", made) for made in range(1, len(expected) + 1)] == expected
