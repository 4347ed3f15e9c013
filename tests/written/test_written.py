"""All written programs. What is refused today is listed in refused.txt, with what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.written.checks import check_named, programs

NAMES = list(programs())
LISTED = Path(__file__).with_name("refused.txt")


def listed() -> dict[str, str]:
    """The constructs refused in each program."""
    text = LISTED.read_text(encoding="utf-8") if LISTED.exists() else ""
    pairs = (line.split(": ", 1) for line in text.splitlines())
    return {name: constructs for name, constructs in pairs}


@pytest.mark.parametrize("name", NAMES)
def test_program(name: str, pytestconfig: pytest.Config) -> None:
    outcome = check_named(name)
    refused = ", ".join(sorted(outcome.constructs))
    told = "\n".join(f"{check}: {said}" for check, said in outcome.details)
    assert outcome.verdict in ("right", "refused"), told
    known = listed()
    if pytestconfig.getoption("--update-goldens"):
        _update(known, name, refused)
        return
    stored = known.get(name, "")
    assert refused == stored, f"refused.txt says {stored!r} (--update-goldens)\n{told}"


def _update(known: dict[str, str], name: str, refused: str) -> None:
    """Note what is refused, and leave out what is refused no longer or no longer there."""
    known[name] = refused
    lines = [f"{each}: {known[each]}\n" for each in sorted(known) if known[each] and each in NAMES]
    LISTED.write_text("".join(lines), encoding="utf-8")


def test_listed_programs_exist() -> None:
    assert set(listed()) <= set(NAMES)


def test_names_are_distinct() -> None:
    assert len(NAMES) == len(set(NAMES)) > 600
