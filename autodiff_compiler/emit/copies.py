"""Copies, as text, of arrays and containers that a function finds outside of itself."""

from __future__ import annotations

import math
import textwrap

import numpy as np

from autodiff_compiler.ir.types import Fields, fields_of, items_of

MOST = 1_000  # numbers; more than that nobody reads
WIDTH = 88
PLAIN: dict[type, str] = {tuple: "tuple", list: "list"}


def can_be_copied(value: object) -> bool:
    """Whether it is made of few enough numbers, and of nothing that a text can't make."""
    return _text(value) is not None


def copied(name: str, value: object) -> str | None:
    """The statement that makes a copy under a name; None where there is none."""
    text = _text(value)
    if text is None:
        return None
    line = f"{name} = {text}"
    if "'" in text or '"' in text:  # a string is not to be broken
        return line
    lines = textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def described(value: object) -> str:
    """What it is, for a remark in its place."""
    if isinstance(value, np.ndarray):
        return f"the {value.dtype.name} array of shape {value.shape}"
    return f"the {type(value).__name__}"


def needs_numpy(value: object) -> bool:
    """Whether its copy mentions np."""
    text = _text(value)
    return text is not None and "np." in text


def quoted(text: str) -> str:
    """A string literal in double quotes, where that needs no escapes."""
    plain = repr(text)
    if plain[0] == "'" and '"' not in plain:
        return f'"{plain[1:-1]}"'
    return plain


def _text(value: object) -> str | None:
    """The expression that makes a copy; none for more than so many numbers, or for records, whose
    classes are somewhere else."""
    found = _parts(value)
    return None if found is None or found.count(",") > MOST else found


def _parts(value: object) -> str | None:
    if isinstance(value, np.ndarray):
        if value.size > MOST:
            return None
        numbers = _parts(value.tolist())
        if value.size == 0:
            return f"np.empty({value.shape}, dtype=np.{value.dtype.name})"
        default = "float64" if value.dtype == np.float64 else None
        kind = "" if default else f", dtype=np.{value.dtype.name}"
        return f"np.array({numbers}{kind})"
    if isinstance(value, float) and not isinstance(value, np.generic):
        if math.isfinite(value):
            return repr(value)
        return f"float({repr(value)!r})"
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_parts(value.item())})"
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool | int):
        return repr(value)
    container = fields_of(value) or PLAIN.get(type(value))
    if container is None or (isinstance(container, Fields) and container.kind != "dict"):
        return None
    items = [_parts(item) for item in items_of(value, container)[: MOST + 1]]
    if None in items:
        return None
    if isinstance(container, Fields):
        pairs = zip(container.names, items, strict=True)
        return "{" + ", ".join(f"{quoted(name)}: {item}" for name, item in pairs) + "}"
    inside = ", ".join(item for item in items if item is not None)
    if container == "list":
        return f"[{inside}]"
    return f"({inside}{',' * (len(items) == 1)})"
