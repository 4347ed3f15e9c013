"""The examples on arrays, run as a reader runs them: headless, their pictures elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib import image

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120  # an example takes less than 60 on two slow cores

pytestmark = pytest.mark.slow


def run(name: str, folder: Path) -> str:
    """What the example prints; it runs in `folder` and keeps its pictures there."""
    environment = {key: text for key, text in os.environ.items() if key != "DISPLAY"}
    # As if installed, wherever this checkout is.
    known = [environment["PYTHONPATH"]] if "PYTHONPATH" in environment else []
    environment["PYTHONPATH"] = os.pathsep.join([*known, str(ROOT)])
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), "--out", "shown"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def check_pictures(folder: Path, *names: str) -> None:
    """Exactly these pictures were written, and none is blank."""
    assert {path.name for path in (folder / "shown").iterdir()} == set(names)
    for name in names:
        pixels = image.imread(folder / "shown" / name)
        assert min(pixels.shape[:2]) >= 300, name
        assert pixels[..., :3].std() > 0.05, name


def table(text: str, title: str) -> dict[str, list[str]]:
    """The rows of xor's table under a title: the method and its columns."""
    rows = {}
    for line in text.partition(title)[2].splitlines()[3:]:
        if not line.startswith("    "):
            break
        method, *columns = re.split(r"\s{2,}", line.strip())
        rows[method] = columns
    return rows


def test_digits_are_read_and_the_same_way_each_time(tmp_path: Path) -> None:
    text = run("digits", tmp_path)
    check_pictures(tmp_path, "digits_loss.png", "digits_weights.png", "digits_read.png")
    last = re.fullmatch(r"held-back accuracy (\d+\.\d) %", text.splitlines()[-1])
    assert last, text
    assert 95.0 <= float(last[1]) <= 100.0
    assert len(re.findall(r"^epoch +\d+/\d+  loss \d\.\d+$", text, re.M)) >= 10
    assert "\r" not in text
    assert re.search(r"^def \w+\(", text, re.M), "the generated function is shown"
    assert run("digits", tmp_path) == text


def test_every_method_learns_both_problems_but_too_long_steps(tmp_path: Path) -> None:
    text = run("xor", tmp_path)
    check_pictures(tmp_path, "xor_losses.png", "xor_boundaries.png")
    for title, least in (("XOR: 4 points", 100.0), ("two moons: 200 points", 99.0)):
        rows = table(text, title)
        assert len(rows) == 6, text
        too_long = rows.pop("SGD, rate 30")
        for method, (*_, after, below, right) in rows.items():
            assert float(after) < 0.05, method
            assert 0 < int(below) < 1000, method
            assert float(right.removesuffix(" %")) >= least, method
        assert float(too_long[2]) > float(rows["SGD, rate 30, clipped"][2])


def test_rates_of_hares_and_lynxes_are_the_published_ones(tmp_path: Path) -> None:
    text = run("fit_ode", tmp_path)
    check_pictures(tmp_path, "fit_ode.png")
    before, after = (float(number) for number in re.findall(r"^misfit \w+ +(\d+\.\d+)", text, re.M))
    assert before > 1.0
    assert after == pytest.approx(0.04806, abs=1e-4)
    calls = re.search(r"^calls of the derivative: (\d+)$", text, re.M)
    assert calls and 10 <= int(calls[1]) <= 200
    for name in ("alpha", "beta", "gamma", "delta"):
        row = re.search(rf"^{name} +(.*)$", text, re.M)
        assert row
        _, fitted, howard, carpenter = map(float, row[1].split())
        assert fitted == pytest.approx(carpenter, rel=0.05), name
        assert fitted == pytest.approx(howard, rel=0.12), name
