"""The golden fixture, run on small test suites of its own: it passes, fails, and rewrites."""

from pathlib import Path

import pytest

pytest_plugins = "pytester"

CONFTEST = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite whose one test compares "one\\ntwo\\n" with the file stored.txt."""
    monkeypatch.setenv("HYPOTHESIS_PROFILE", "smoke")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_text(golden):\n    golden('stored.txt', 'one\\ntwo\\n')\n")
    return pytester


def test_equal_text_passes(suite: pytest.Pytester) -> None:
    (suite.path / "stored.txt").write_bytes(b"one\ntwo\n")
    suite.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("one\nthree\n", ["*stored.txt differs*", "-three", "+two"]),
        ("one\ntwo", ["*stored.txt differs*", "-two", "*No newline at end of file", "+two"]),
        ("one\r\ntwo\r\n", ["*stored.txt differs*"]),
        (None, ["*stored.txt does not exist*", "+one", "+two"]),
    ],
)
def test_other_text_fails_with_a_diff(
    suite: pytest.Pytester, stored: str | None, shown: list[str]
) -> None:
    if stored is not None:
        (suite.path / "stored.txt").write_bytes(stored.encode())
    result = suite.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(shown)


def test_update_rewrites_only_what_changed_and_says_so(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--update-goldens", "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*golden files rewritten*", "stored.txt"])
    assert (suite.path / "stored.txt").read_bytes() == b"one\ntwo\n"
    suite.runpytest_subprocess().assert_outcomes(passed=1)
    again = suite.runpytest_subprocess("--update-goldens")
    again.stdout.no_fnmatch_line("*golden files rewritten*")
