"""Ways into an array, made short: `a[i][j]` is `a[i, j]`, and `a.T[i, j]` is `a[j, i]`.

A write through a view that is one place of the array itself costs no more than that place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff_compiler.frontend.values import Step
from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ir.values import Operand
from autodiff_compiler.ops.calling import HOLE, Mark
from autodiff_compiler.ops.subscripts import Slice, index_of, is_basic

WHOLE_SLICE = Slice(None, None, None)

# What a dimension is indexed with, and what fills the holes of that.
Part = tuple[object, tuple[Operand, ...]]


def composed(found: Type, path: Sequence[Step]) -> list[Step]:
    """A way into an array of this type in as few steps as may be."""
    assert isinstance(found, ArrayType)
    steps = list(path)
    while len(steps) > 1:
        shorter = _merged(found.rank, steps[0], steps[1])
        if shorter is None:
            break
        steps[:2] = [shorter]
    return steps


def _merged(rank: int, first: Step, second: Step) -> Step | None:
    """Two steps as one, where that is certainly the same."""
    if second.name != "get" or not _is_basic(second):
        return None
    if first.name == "get" and _is_basic(first):
        return _index_of_index(rank, first, second)
    axes = permutation(rank, first)
    return None if axes is None else _index_of_permuted(axes, second)


def _is_basic(step: Step) -> bool:
    return is_basic(index_of(step.attributes), [each.type for each in step.fillers])


def _parts(step: Step, rank: int) -> list[Part] | None:
    """One part for each dimension, and for each new one; None if there are too many."""
    index = index_of(step.attributes)
    waiting = iter(step.fillers)
    parts: list[Part] = []
    rest: int | None = None
    for entry in index:
        if entry is Mark.REST:
            rest = len(parts)
        elif isinstance(entry, Slice):
            parts.append((entry, tuple(next(waiting) for part in entry.parts if part is HOLE)))
        else:
            parts.append((entry, (next(waiting),) if entry is HOLE else ()))
    missing = rank - sum(entry is not Mark.NEWAXIS for entry, _ in parts)
    if missing < 0:
        return None
    place = len(parts) if rest is None else rest
    parts[place:place] = [(WHOLE_SLICE, ())] * missing
    return parts


def _step(parts: Sequence[Part], was_rest: bool) -> Step:
    shown = list(parts)
    while shown and _is_all(shown[-1][0]):
        shown.pop()
    index = tuple(entry for entry, _ in shown)
    if was_rest:
        index = (*index, Mark.REST)
    fillers = tuple(filler for _, given in shown for filler in given)
    return Step("get", fillers, {"index": index})


def _is_all(entry: object) -> bool:
    return isinstance(entry, Slice) and entry.parts == (None, None, None)


def _index_of_index(rank: int, first: Step, second: Step) -> Step | None:
    outer = _parts(first, rank)
    if outer is None:
        return None
    slots = [k for k, (entry, _) in enumerate(outer) if isinstance(entry, Slice)]
    inner = _parts(second, len(slots))
    if inner is None or any(entry is Mark.NEWAXIS for entry, _ in (*inner, *outer)):
        return None
    for slot, part in zip(slots, inner, strict=True):
        if _is_all(outer[slot][0]):
            outer[slot] = part
        elif not _is_all(part[0]):
            return None
    return _step(outer, _is_rest(second) or (not inner and _is_rest(first)))


def _is_rest(step: Step) -> bool:
    """Whether it gives an array even where no dimension is left."""
    return Mark.REST in index_of(step.attributes)


def _index_of_permuted(axes: Sequence[int], second: Step) -> Step | None:
    inner = _parts(second, len(axes))
    if inner is None or any(entry is Mark.NEWAXIS for entry, _ in inner):
        return None
    outer: list[Part] = [(None, ())] * len(axes)
    for axis, part in zip(axes, inner, strict=True):
        outer[axis] = part
    left = [axis for axis, (entry, _) in zip(axes, inner, strict=True) if isinstance(entry, Slice)]
    if left != sorted(left):
        return None
    return _step(outer, _is_rest(second))


def permutation(rank: int, step: Step) -> tuple[int, ...] | None:
    """Which dimension of the array each of a transposed view is; None for other steps."""
    given = step.attributes
    match step.name:
        case "np.transpose" if given.get("axes") is None:
            return tuple(range(rank))[::-1]
        case "np.transpose":
            axes = given["axes"]
            assert isinstance(axes, tuple)
            return tuple(axis % rank for axis in axes)
        case "np.matrix_transpose":
            return (*range(rank - 2), rank - 1, rank - 2)
        case "np.swapaxes":
            a, b = given["axis1"], given["axis2"]
            assert isinstance(a, int) and isinstance(b, int)
            found = list(range(rank))
            found[a], found[b] = found[b], found[a]
            return tuple(found)
    return None


def inverse(found: Type, step: Step) -> tuple[str, dict[str, Any]] | None:
    """The operation that brings what a step shows back into the shape of the array."""
    assert isinstance(found, ArrayType)
    axes = permutation(found.rank, step)
    if axes is not None:
        back = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        return "np.transpose", {"axes": back}
    match step.name:
        case "np.reshape" | "np.ravel" | "np.expand_dims" | "np.squeeze" | "np.atleast_1d":
            return "reshape_like", {}
        case "np.atleast_2d" | "reshape_like":
            return "reshape_like", {}
        case "np.moveaxis":
            a, b = step.attributes["source"], step.attributes["destination"]
            return "np.moveaxis", {"source": b, "destination": a}
        case "np.flip" | "np.fliplr" | "np.flipud":
            return step.name, dict(step.attributes)
        case "np.rot90":
            k = step.attributes.get("k", 1)
            assert isinstance(k, int)
            return "np.rot90", {**step.attributes, "k": -k}
    return None
