"""logsumexp, softmax and log_softmax of scipy.special: along axes, and never overflowing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import (
    Attributes,
    Dims,
    axes_of,
    elementwise_dims,
    reduced_dims,
)
from autodiff_compiler.ops.building import Arrays, Contributions, Tangents, Traced, custom
from autodiff_compiler.ops.calling import OPTIONAL, Refused, signature
from autodiff_compiler.ops.cases import NUMBER, Draw, case, positive, real, restated
from autodiff_compiler.ops.record import Record
from autodiff_compiler.ops.reductions import kept
from autodiff_compiler.ops.scipy_special import SCIPY, lazily
from autodiff_compiler.ops.weights import elements

SIGN = Refused("leave it out; np.sign(np.sum(b * np.exp(a))) is the sign")


def per_element_of_all(weight: int) -> Callable[[Sequence[object]], int]:
    return lambda operands: weight * elements(operands)


def logsumexp_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """Those of a and b together, without the axis."""
    return reduced_dims([elementwise_dims(operands, attributes)], attributes)


def whole_rank(c: Any) -> int:
    """The number of dimensions of a and b together."""
    ranks: tuple[int, int] = (c.a.rank, 0 if c.b is None else c.b.rank)
    return max(ranks)


def put_back(m: Arrays, c: Any, reduced: Traced) -> Traced:
    """What was reduced, with the dimensions that were dropped put back as 1."""
    if whole_rank(c) == c.a.rank:
        return kept(m, reduced, c)
    axes = axes_of(c.axis, whole_rank(c))
    if reduced.rank == 0 or c.keepdims or axes == tuple(range(len(axes))):
        return reduced
    return m("np.expand_dims", reduced, axes if len(axes) > 1 else axes[0])


def shares(m: Arrays, c: Any) -> Traced:
    """exp(a - result): what each b, or 1, contributes to the sum, as a share of it."""
    return m.op("np.exp", c.a - put_back(m, c, c.result))


def weighted(m: Arrays, c: Any) -> Traced:
    """Each element's share of the sum. Where b is 0 it has none, however large a is."""
    if c.b is None:
        return shares(m, c)
    return m.where(m.op("ne", c.b, 0), c.b * shares(m, c), 0.0)


def summed(m: Arrays, c: Any, terms: Traced) -> Traced:
    if terms.rank == 0:
        return terms
    return m("np.sum", terms, axis=c.axis, keepdims=c.keepdims)


def logsumexp_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    back = put_back(m, c, ct)
    found = {"a": back * weighted(m, c)}
    if c.b is not None:
        found["b"] = back * shares(m, c)
    return found


def logsumexp_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    total: Traced | None = None
    for dot, slopes in ((dots.a, weighted), (dots.b, shares)):
        if dot is not None:
            term = slopes(m, c) * dot
            total = term if total is None else total + term
    return None if total is None else summed(m, c, total)


def axis_sum(m: Arrays, c: Any, terms: Traced) -> Traced:
    """The sum along the axis, with 1 in its place."""
    if terms.rank == 0 or c.axis is None:
        return m("np.sum", terms) if terms.rank else terms
    return m("np.sum", terms, axis=c.axis, keepdims=True)


def softmax_slope(m: Arrays, dot: Traced, c: Any) -> Traced:
    """The Jacobian is symmetric: it serves both modes."""
    y: Traced = c.result
    return y * (dot - axis_sum(m, c, y * dot))


def softmax_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    return None if dots.x is None else softmax_slope(m, dots.x, c)


def log_softmax_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"x": ct - m.op("np.exp", c.result) * axis_sum(m, c, ct)}


def log_softmax_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    if dots.x is None:
        return None
    return dots.x - axis_sum(m, c, m.op("np.exp", c.result) * dots.x)


def softmax_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    (dims,) = operands
    axes_of(attributes.get("axis"), len(dims))  # raises where there is no such axis
    if not dims and attributes.get("axis") is not None:
        raise OperandError("expected an array, got a number")
    return dims


# The functions without care for large numbers: what their derivatives are compared with.


def plain_logsumexp(a: Any, axis: Any = None, b: Any = 1.0, keepdims: bool = False) -> Any:
    return np.log(np.sum(b * np.exp(a), axis=axis, keepdims=keepdims))


def plain_softmax(x: Any, axis: Any = None) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def plain_log_softmax(x: Any, axis: Any = None) -> Any:
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def along_axes(*shapes: Draw) -> tuple[Any, ...]:
    first, second = shapes
    return (
        *(case(first), case(first, axis=0), case(first, axis=-1), case(first, axis=(0, 1))),
        *(case(second, axis=1), case(second, axis=(0, 2)), case(real(1)), case(real(1, 3), axis=0)),
    )


RECORDS: tuple[Record, ...] = (
    array_function(
        f"{SCIPY}logsumexp",
        takes=signature("a", axis=None, b=OPTIONAL, keepdims=False, return_sign=SIGN),
        dims=logsumexp_dims,
        evaluate=lazily("logsumexp"),
        rule=custom(jvp=logsumexp_jvp, vjp=logsumexp_vjp),
        # Two passes for the largest and the sum, a difference, and exp; log is left out.
        weight=per_element_of_all(7),
        cases=(
            *along_axes(real(3, 4), real(2, 3, 4)),
            case(real(3, 4), axis=0, keepdims=True),
            case(real(3, 4), keepdims=True),
            case(real(3, 4), axis=1, b=positive(3, 4)),
            case(real(3, 4), axis=1, b=positive(4)),
            case(real(3, 4), axis=0, b=positive(3, 1), keepdims=True),
            case(real(4), axis=1, b=positive(3, 4)),
            case(real(3, 4), b=2.0),
            case(NUMBER),
            case(real()),
        ),
        oracle=restated(plain_logsumexp),
    ),
    array_function(
        f"{SCIPY}softmax",
        takes=signature("x", axis=None),
        dims=softmax_dims,
        evaluate=lazily("softmax"),
        rule=custom(jvp=softmax_jvp, vjp=lambda m, ct, c: {"x": softmax_slope(m, ct, c)}),
        weight=per_element_of_all(8),
        cases=(*along_axes(real(3, 4), real(2, 3, 4)), case(real(0, 3), axis=1)),
        oracle=restated(plain_softmax),
    ),
    array_function(
        f"{SCIPY}log_softmax",
        takes=signature("x", axis=None),
        dims=softmax_dims,
        evaluate=lazily("log_softmax"),
        rule=custom(jvp=log_softmax_jvp, vjp=log_softmax_vjp),
        weight=per_element_of_all(8),
        cases=(*along_axes(real(3, 4), real(2, 3, 4)), case(real(0, 3), axis=1)),
        oracle=restated(plain_log_softmax),
    ),
)
