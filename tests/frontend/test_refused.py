"""What is refused, and the whole report: `refused/*.py` beside `refused/*.txt`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autodiff_compiler.errors import UnsupportedError
from autodiff_compiler.frontend import lower
from tests.frontend.reading import HERE, annotated, read_function


@pytest.mark.parametrize("path", sorted(HERE.glob("refused/*.py")), ids=lambda path: path.stem)
def test_refused(
    path: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE / "refused")
    function = read_function(path)
    with pytest.raises(UnsupportedError) as caught:
        lower(function, annotated(function))
    golden(f"frontend/refused/{path.stem}.txt", f"{caught.value}\n")
