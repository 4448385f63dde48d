"""What the tests of libraries tell is read and compared as meant. `library_suites` runs them."""

from pathlib import Path

import pytest

from tests.foreign import known_differences, library_table
from tests.foreign.both_ways import Ran
from tests.foreign.libraries import LIBRARIES
from tests.foreign.library_suites import EXIT_STATUS, described, read_outcomes
from tests.foreign.library_table import LibraryEntry

TOLD = """<testsuites><testsuite>
<testcase classname="t.T" name="a[0x7f3210ab]"/>
<testcase classname="t.T" name="b"><failure message="assert 1&#10;more"/></testcase>
<testcase classname="t" name="c"><skipped type="pytest.skip" message="no redis"/></testcase>
<testcase classname="t" name="d"><skipped type="pytest.xfail" message="known"/></testcase>
<testcase classname="" name="t2"><error message="collection failure"/></testcase>
</testsuite></testsuites>"""


def test_outcomes_are_read(tmp_path: Path) -> None:
    (tmp_path / "told.xml").write_text(TOLD)
    assert read_outcomes(tmp_path / "told.xml") == {
        "t.T::a[0x…]": ("passed", ""),
        "t.T::b": ("failed", "assert 1"),
        "t::c": ("skipped", "no redis"),
        "t::d": ("expected failure", "known"),
        "::t2": ("error", "collection failure"),
    }
    assert read_outcomes(tmp_path / "nothing.xml") == {}


def test_an_exit_status_differs_only_by_itself() -> None:
    plain = Ran({"a": ("passed", ""), EXIT_STATUS: ("0", "")})
    assert described(plain, Ran({"a": ("failed", "why"), EXIT_STATUS: ("1", "")})) == {
        "a": "passed, recorded: failed (why)"
    }
    assert described(plain, Ran({"a": ("passed", ""), EXIT_STATUS: ("139", "")})) == {EXIT_STATUS: "0, recorded: 139"}
    assert described(plain, Ran(missing="did not end")) == {"all": "did not end"}


def test_what_cannot_be_run_has_its_reason_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_table, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(library_table, "PAGE", tmp_path / "page.md")
    (place, reason), *_ = known_differences.MISSING.items()
    entries = [LibraryEntry(place=each, release="1", missing="no way") for each in (place, f"9.{place}")]
    library_table.write_results({entry.place: entry for entry in entries})
    library_table.render()
    told = (tmp_path / "page.md").read_text().partition("What could not be run, and why")[2]
    assert f"- No way. {reason} In {place}.\n" in told
    assert f"- No way. No reason known. In 9.{place}.\n" in told
    assert {each.partition(" ")[2] for each in known_differences.MISSING} <= {library.title for library in LIBRARIES}


def test_titles_tell_libraries_apart() -> None:
    assert len({library.title for library in LIBRARIES}) == len(LIBRARIES)
