"""The registry of operations, by name. `ops` fills it; rules look up in it what they build."""

from __future__ import annotations

from autodiff_compiler.ops.record import Record

OPS: dict[str, Record] = {}
