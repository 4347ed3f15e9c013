"""Cotangents and tangents of arrays, fitted to what they belong to.

NumPy broadcasts, so a number may stand for an array whose elements are all that number, and a row
for a matrix of equal rows: a cotangent is kept as small as its rule gives it, and made whole only
where its shape matters. The transpose of broadcasting is a sum over the dimensions that were
stretched; which those are is known at compile time, but for dimensions of unknown size.
"""

from __future__ import annotations

from collections.abc import Sequence

from autodiff_compiler.ir.builder import Builder
from autodiff_compiler.ir.types import FLOAT, NP_FLOAT32, ArrayType, Kind, ScalarType, Type, fills
from autodiff_compiler.ir.values import Operand, Origin, Value
from autodiff_compiler.ops import OPS
from autodiff_compiler.ops.array_types import Dims
from autodiff_compiler.ops.building import in_one_dtype

FLOAT_KINDS = {"float64": Kind.NP_FLOAT, "float32": Kind.NP_FLOAT32}


def derived(origin: Origin, order: int) -> Origin:
    """The origin of what a differentiation of some order makes of a node."""
    return Origin(origin.span, origin.statement, order, silent=origin.silent)


def dims_of(found: Type) -> Dims:
    return found.dims if isinstance(found, ArrayType) else ()


def covers(part: Dims, whole: Dims) -> bool:
    """Whether something that broadcasts to `whole` certainly has its very shape."""
    return len(part) == len(whole) and all(map(fills, part, whole))


def in_full(build: Builder, part: Operand, like: Operand) -> Operand:
    """A cotangent or tangent in the full shape of the array that it belongs to."""
    if not isinstance(like.type, ArrayType) or not isinstance(part.type, ScalarType | ArrayType):
        return part
    if isinstance(part.type, ArrayType) and covers(part.type.dims, like.type.dims):
        return part
    part = in_one_dtype(build, part, like.type)
    return in_dtype(build, build.op(OPS["expand_like"], part, like), like.type)


def summed_to(
    build: Builder,
    found: Operand,
    target: Operand,
    result: Operand | None,
    made_of: Sequence[Operand] = (),
) -> Operand:
    """A contribution to the cotangent of `target`, with what was broadcast summed up.

    `result` is what the target was broadcast to, element by element; None for other operations,
    whose contributions have as many dimensions as the target, or leading ones more. `made_of` are
    all that broadcast to it together.
    """
    dims, wanted = dims_of(found.type), dims_of(target.type)
    if result is not None:
        if covers(wanted, dims_of(result.type)):
            return in_dtype(build, found, target.type)
        if not dims and not wanted:
            alike = (each for each in made_of if covers(dims_of(each.type), dims_of(result.type)))
            size = build.op(OPS["size"], next(alike, result))
            return in_dtype(build, build.op(OPS["mul"], found, size), target.type)
        if not covers(dims, dims_of(result.type)):
            found = in_full(build, found, result)
            dims = dims_of(found.type)
    extra = len(dims) - len(wanted)
    if extra > 0:
        axis = None if not wanted else 0 if extra == 1 else tuple(range(extra))
        attributes = {} if axis is None else {"axis": axis}
        found = build.op(OPS["np.sum"], found, attributes=attributes)
        dims = dims[extra:]
    if len(dims) == len(wanted) and wanted:
        pairs = list(zip(dims, wanted, strict=True))
        if any(not fills(b, a) and b.one is None for a, b in pairs):
            found = build.op(OPS["unbroadcast"], found, target)
        else:
            stretched = tuple(k for k, (a, b) in enumerate(pairs) if b.one and not a.one)
            if stretched:
                axis = stretched[0] if len(stretched) == 1 else stretched
                attributes = {"axis": axis, "keepdims": True}
                found = build.op(OPS["np.sum"], found, attributes=attributes)
                found = known_as(build, found, target.type)
    return in_dtype(build, found, target.type)


def known_as(build: Builder, found: Operand, wanted: Type) -> Operand:
    """A value just made, which nobody has read, known to have the shape of what it belongs to."""
    if not isinstance(found.type, ArrayType) or not isinstance(wanted, ArrayType):
        return found
    if found.type.rank != wanted.rank or found.type.dims == wanted.dims:
        return found
    pairs = zip(found.type.dims, wanted.dims, strict=True)
    dims = tuple(a if a.one and not b.one else b for a, b in pairs)
    return build.retyped(found, ArrayType(found.type.dtype, dims))


def in_dtype(build: Builder, found: Operand, wanted: Type) -> Operand:
    """The value in the dtype of what it belongs to. Python's floats take on any."""
    have, want = _dtype(found.type), _dtype(wanted)
    if have == "float32" and wanted == FLOAT and isinstance(found.type, ScalarType):
        return build.op(OPS["float"], found)  # which would narrow whatever it meets
    if have is None or want is None or have == want:
        return found
    return build.op(OPS["astype"], found, attributes={"dtype": want})


def _dtype(found: Type) -> str | None:
    match found:
        case ArrayType(dtype):
            return dtype if dtype in FLOAT_KINDS else None
        case ScalarType(kinds) if kinds == {Kind.NP_FLOAT}:
            return "float64"
        case ScalarType(kinds) if kinds == {Kind.NP_FLOAT32}:
            return "float32"
    return None


def is_array(operand: Operand) -> bool:
    return isinstance(operand, Value) and isinstance(operand.type, ArrayType)


def of_kinds(primal: Type, every: ScalarType) -> ScalarType:
    """The type of a number's cotangents and tangents, given all kinds that they have somewhere.

    Where there are numbers of two precisions, each keeps to that of its primal, or is a float of
    Python's, which takes on any.
    """
    if Kind.NP_FLOAT32 not in every.kinds or not isinstance(primal, ScalarType):
        return every
    own = frozenset(kind for kind in primal.kinds if kind.is_float)
    return ScalarType(own) if len(own) == 1 else FLOAT


def of_one_kind(build: Builder, found: Operand, primal: Type, every: ScalarType) -> Operand:
    """A number's cotangent or tangent as one that meets float32 and float64 in one way only."""
    wanted = of_kinds(primal, every)
    if not isinstance(found.type, ScalarType) or not isinstance(primal, ScalarType):
        return found
    if wanted is every or found.type == wanted:
        return found
    if wanted == FLOAT:
        return build.op(OPS["float"], found)
    dtype = "float32" if wanted == NP_FLOAT32 else "float64"
    return build.op(OPS["astype"], found, attributes={"dtype": dtype})
