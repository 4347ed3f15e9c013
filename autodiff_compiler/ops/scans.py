"""Scans along an axis: cumulative sums and products, and their opposite, differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ONE, SOME, shortened
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, axis_of
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom, linear
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, case, real
from autodiff_compiler.ops.products_of_others import cumprod_bar, cumprod_dot, flipped
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.reductions import DTYPE, OUT, sum_weight
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import per_element


def flattened(dims: Dims) -> Dims:
    """The one dimension of all elements in a row."""
    apart = [dim for dim in dims if not dim.one]
    return (ONE,) if not apart else (apart[0] if len(apart) == 1 else SOME,)


def scan_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """As the operand; without an axis, all its elements in a row."""
    dims = operands[0]
    if attributes.get("axis") is None:
        return flattened(dims)
    axis_of(attributes["axis"], len(dims))
    return dims


def _place(c: Any) -> int:
    """The axis, counted from the front."""
    return 0 if c.axis is None else axis_of(c.axis, c.a.rank)


def in_a_row(m: Arrays, x: Traced) -> Traced:
    return x if x.rank == 1 else m("np.reshape", x, -1)


def cumsum_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.a.rank == 0:
        return {"a": ct}
    axis = _place(c)
    total = flipped(m, m("np.cumsum", flipped(m, ct, axis), axis=_text_axis(c)), axis)
    return {"a": total if total.rank == c.a.rank else m.op("reshape_like", total, c.a)}


def _text_axis(c: Any) -> int | None:
    """What vectors leave out."""
    return None if c.a.rank == 1 or c.axis is None else int(c.axis)


def cumprod_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    assert dots.a is not None
    if c.a.rank == 0:
        return m("np.cumsum", dots.a)  # the only element, in an array
    if c.axis is None:
        return cumprod_dot(m, in_a_row(m, c.a), in_a_row(m, dots.a), 0)
    return cumprod_dot(m, c.a, dots.a, _place(c))


def cumprod_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    if c.a.rank == 0:
        return {"a": ct}
    if c.axis is not None:
        return {"a": cumprod_bar(m, c.a, c.result, ct, _place(c))}
    total = cumprod_bar(m, in_a_row(m, c.a), c.result, ct, 0)
    return {"a": total if c.a.rank == 1 else m.op("reshape_like", total, c.a)}


def diff_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    n = attributes.get("n", 1)
    if type(n) is not int or n < 1:
        raise OperandError(f"diff: expected n to be 1 or more, got {n}")
    dims = list(operands[0])
    axis = axis_of(attributes.get("axis", -1), len(dims))
    dims[axis] = shortened(dims[axis], n)
    return tuple(dims)


def difference_bar(m: Arrays, ct: Traced, like: Traced, axis: int) -> Traced:
    """What differences of neighbours hand to them."""
    x_bar = m("np.zeros_like", like)
    before = [Slice()] * axis
    x_bar = m.op("add_at", x_bar, ct, index=(*before, Slice(1)))
    return m.op("add_at", x_bar, -ct, index=(*before, Slice(None, -1)))


def diff_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    axis = axis_of(c.axis, c.a.rank)
    for fewer in range(c.n - 1, 0, -1):
        ct = difference_bar(m, ct, m("np.diff", c.a, n=fewer, axis=c.axis), axis)
    return {"a": difference_bar(m, ct, c.a, axis)}


SCANNED = (
    case(real(4)),
    case(real(3, 4)),
    case(real(3, 4), axis=0),
    case(real(3, 4), -1),
    case(real(2, 3, 4), axis=1),
    case(real(0)),
    case(real(0, 3), axis=0),
    case(real(3, 0), axis=0),
    case(real(0, 3), axis=1),
    case(real(1)),
    case(real(1, 3), axis=0),
    case(real(1, 3)),
    case(real()),
)
JOIN = Refused("use np.concatenate first")

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.cumsum",
        takes=signature("a", axis=None, dtype=DTYPE, out=OUT),
        dims=scan_dims,
        rule=linear(cumsum_vjp),
        weight=sum_weight,
        methods=("cumsum",),
        cases=SCANNED,
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.cumprod",
        takes=signature("a", axis=None, dtype=DTYPE, out=OUT),
        dims=scan_dims,
        rule=custom(jvp=cumprod_jvp, vjp=cumprod_vjp),
        weight=sum_weight,
        methods=("cumprod",),
        cases=SCANNED,
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.diff",
        takes=signature("a", n=1, axis=-1, prepend=JOIN, append=JOIN),
        dims=diff_dims,
        rule=linear(diff_vjp),
        weight=per_element(1),
        cases=(
            case(real(5)),
            case(real(5), 2),
            case(real(3, 4), axis=0),
            case(real(3, 4), n=2, axis=-1),
            case(real(2, 5, 3), n=3, axis=1),
            case(real(2), 3),
            case(real(1)),
            case(real(0)),
            case(real(3, 1), axis=1),
            case(real(0, 3), axis=1),
        ),
        oracle=COMPLEX_STEP,
    ),
)
