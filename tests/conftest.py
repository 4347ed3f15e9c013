"""What every test can use: golden files and the Hypothesis profiles."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).resolve().parent

# The number of examples is the profile's; a costly test takes a fraction of it:
# @settings(max_examples=settings.default.max_examples // 4).
_COMMON = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("smoke", _COMMON, max_examples=20, derandomize=True, database=None)
settings.register_profile("ci", _COMMON, max_examples=200, derandomize=True, database=None)
settings.register_profile("long", _COMMON, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_REWRITTEN = "golden rewritten"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="write the golden files anew from what the tests produce; review the diff",
    )


@pytest.fixture
def golden(
    pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> Callable[[str, str], None]:
    """`golden(path, text)`: text must equal the file at path, taken relative to tests/."""

    def check(path: str, text: str) -> None:
        __tracebackhide__ = True
        file = TESTS / path
        stored = file.read_bytes().decode() if file.exists() else None
        if stored == text:
            return
        if pytestconfig.getoption("--update-goldens"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
            record_property(_REWRITTEN, path)
            return
        pytest.fail(_mismatch(path, stored, text), pytrace=False)

    return check


def _mismatch(path: str, stored: str | None, text: str) -> str:
    problem = "does not exist" if stored is None else "differs"
    diff = difflib.unified_diff(
        (stored or "").splitlines(keepends=True),
        text.splitlines(keepends=True),
        f"stored {path}",
        "produced now",
    )
    lines = [
        line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in diff
    ]
    return f"golden file {path} {problem} (--update-goldens rewrites it)\n{''.join(lines)}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the golden files that --update-goldens rewrote."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    properties = [pair for report in reports for pair in report.user_properties]
    rewritten = sorted({str(path) for name, path in properties if name == _REWRITTEN})
    if rewritten:
        terminalreporter.section("golden files rewritten")
        for path in rewritten:
            terminalreporter.line(path)
