"""Python in, printed IR out: `lowered/*.py` beside `lowered/*.ir`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autodiff_compiler.frontend import lower
from autodiff_compiler.ir.printer import print_function
from autodiff_compiler.ir.verifier import verify
from tests.frontend.reading import HERE, annotated, read_function


@pytest.mark.parametrize("path", sorted(HERE.glob("lowered/*.py")), ids=lambda path: path.stem)
def test_lowered(path: Path, golden: Callable[[str, str], None]) -> None:
    function = read_function(path)
    ir = lower(function, annotated(function)).function
    verify(ir)
    golden(f"frontend/lowered/{path.stem}.ir", print_function(ir))
