"""Programs to find the source of: in files of their own and in made-up ones."""

from __future__ import annotations

import importlib.util
import itertools
import linecache
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count()

Load = Callable[[str], types.ModuleType]
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Imports a text as a module from a file of its own."""

    def load(text: str) -> types.ModuleType:
        name = f"example_{next(_numbers)}"
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs a text registered under a made-up name, as notebooks do; returns its names."""
    names: list[str] = []

    def run(text: str, flags: int = 0, mode: str = "exec") -> dict[str, Any]:
        name = f"<cell {next(_numbers)}>"
        names.append(name)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        namespace: dict[str, Any] = {}
        exec(compile(text, name, mode, flags, dont_inherit=True), namespace)
        return namespace

    yield run
    for name in names:
        del linecache.cache[name]
