"""Programs as functions whose source can be found, and what a call of one shows."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import linecache
import signal
import struct
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def loaded(source: str, name: str, directory: Path | None = None) -> Iterator[Callable[..., Any]]:
    """The named function of a module with this text: a file in the directory, or, without one,
    text that only linecache knows, as of a notebook cell."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    module = types.ModuleType(f"random_program_{digest}")
    if directory is None:
        filename = f"<random program {digest}>"
        lines = source.splitlines(keepends=True)
        linecache.cache[filename] = (len(source), None, lines, filename)
    else:
        file = directory / f"{module.__name__}.py"
        file.write_text(source, encoding="utf-8")
        filename = str(file)
        module.__file__ = filename
    try:
        with warnings.catch_warnings():  # of syntax: what reduction tries may look odd
            warnings.simplefilter("ignore")
            code = compile(source, filename, "exec")
        exec(code, module.__dict__)
        yield module.__dict__[name]
    finally:
        linecache.cache.pop(filename, None)


@dataclass(frozen=True)
class Observation:
    """What a call returned or raised, printed, warned of, and whether it wrote to its arguments."""

    value: Any
    error: Exception | None
    output: str
    warned: tuple[tuple[str, str], ...]
    wrote: bool


def observe(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Observation:
    """Call a function on copies of these arguments. What it raises is part of what is seen."""
    value, error = None, None
    given = copy.deepcopy((tuple(args), dict(kwargs)))
    before = repr(given)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = function(*given[0], **given[1])
        except Exception as raised:
            error = raised
    warned = tuple((item.category.__name__, str(item.message)) for item in caught)
    return Observation(value, error, output.getvalue(), warned, repr(given) != before)


def same(left: Any, right: Any) -> bool:
    """Equal in type and to the last bit, in every part; a NaN equals a NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return (left != left and right != right) or _bits(left) == _bits(right)
    return bool(left == right)


def same_error(left: Exception | None, right: Exception | None) -> bool:
    return type(left) is type(right) and str(left) == str(right)


def _bits(value: float) -> bytes:
    return struct.pack("<d", value)


class TimeLimit(Exception):
    """Something took longer than any program here should."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the block after so long, where signals allow it."""
    usable = hasattr(signal, "setitimer")
    if not usable or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(signum: int, frame: object) -> None:
        raise TimeLimit(f"not done after {seconds} s")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
