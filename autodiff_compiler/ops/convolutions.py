"""Convolutions and polynomials."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ONE, SOME, ArrayType, Dim, Type, dim_of, shortened
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_function import array_function
from autodiff_compiler.ops.array_types import Attributes, Dims, array, array_or_number, by_example
from autodiff_compiler.ops.building import (
    Arrays,
    Contributions,
    Tangents,
    Traced,
    bilinear,
    custom,
    linear,
)
from autodiff_compiler.ops.calling import Refused, signature
from autodiff_compiler.ops.cases import COMPLEX_STEP, NUMBER, Case, case, real, restated
from autodiff_compiler.ops.kinds import pure, raises
from autodiff_compiler.ops.products_of_others import flipped, helping
from autodiff_compiler.ops.record import Helper, Record, Spelling
from autodiff_compiler.ops.reductions import in_dtype_of
from autodiff_compiler.ops.sampling import double, vector
from autodiff_compiler.ops.weights import FREE, per_element, size_of

# Convolutions. `mode` keeps a part of the full one.

WIDENED = Helper(
    "widened",
    '''\
def widened(y, a, v, mode):
    """The full convolution of a and v of which `mode` keeps y, with zeros around y."""
    n = min(a.size, v.size)
    first = {"full": 0, "same": (n - 1) // 2, "valid": n - 1}[mode]
    whole = np.zeros(a.size + v.size - 1, y.dtype)
    whole[first : first + y.size] = y
    return whole
''',
)

NARROWED = Helper(
    "narrowed",
    '''\
def narrowed(y, a, v, mode):
    """What `mode` keeps of y, the full convolution of a and v."""
    n, longer = sorted((a.size, v.size))
    first = {"full": 0, "same": (n - 1) // 2, "valid": n - 1}[mode]
    size = {"full": y.size, "same": longer, "valid": longer - n + 1}[mode]
    return y[first : first + size].copy()
''',
)


def kept_dim(a: Dim, v: Dim, mode: str) -> Dim:
    """The size of the part of a convolution that a mode keeps."""
    if a.one or v.one:
        return v if a.one else a
    if isinstance(a.size, int) and isinstance(v.size, int):
        n, longer = sorted((max(a.size - a.less, 0), max(v.size - v.less, 0)))
        return dim_of({"full": longer + n - 1, "same": longer, "valid": longer - n + 1}[mode])
    if a.is_as_long_as(v) and mode != "full":
        return a if mode == "same" else ONE
    return SOME


def mode_of(attributes: Attributes, usual: str) -> str:
    mode = attributes.get("mode", usual)
    if mode not in ("full", "same", "valid"):
        raise OperandError('mode is "full", "same" or "valid"')
    return str(mode)


def convolve_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, v = (vector(dims, "convolve") for dims in operands)
    return (kept_dim(a, v, mode_of(attributes, "full")),)


def correlate_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    a, v = (vector(dims, "correlate") for dims in operands)
    mode = mode_of(attributes, "valid")
    if mode == "same":
        raise OperandError('correlate: write np.convolve(a, v[::-1], "same")')
    return (kept_dim(a, v, mode),)


def widened_type(types: Sequence[Type], attributes: Attributes) -> Type:
    y, a, v = map(array, types)
    return ArrayType(y.dtype, (kept_dim(a.dims[0], v.dims[0], "full"),))


def narrowed_type(types: Sequence[Type], attributes: Attributes) -> Type:
    y, a, v = map(array, types)
    return ArrayType(y.dtype, (kept_dim(a.dims[0], v.dims[0], str(attributes["mode"])),))


def whole(m: Arrays, ct: Traced, c: Any) -> Traced:
    return ct if c.mode == "full" else m("widened", ct, c.a, c.v, mode=c.mode)


def convolve_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    ct = whole(m, ct, c)
    return {"a": m("np.correlate", ct, c.v), "v": m("np.correlate", ct, c.a)}


def correlate_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    """As np.convolve(a, v[::-1])."""
    ct = whole(m, ct, c)
    v_bar = flipped(m, m("np.correlate", ct, c.a), 0)
    return {"a": m("np.convolve", ct, c.v, mode="valid"), "v": v_bar}


def plain_correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Without the conjugate of v."""
    return np.convolve(a, v[::-1], mode)  # type: ignore[call-overload]


def _sized(y: int, a: int, v: int, mode: str) -> Case:
    """A case of which one size follows from the others."""
    return Case((real(y), real(a), real(v), mode), resized=False)


def convolve_weight(operands: Sequence[object]) -> int:
    """A multiplication and an addition for each product of elements."""
    return 2 * size_of(operands[0]) * size_of(operands[1])


# Polynomials.


def polyval_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    """Those of x. Of a number x it is a number, if p has any coefficients: else it would be an
    array without dimensions, which only calls of p = [] give."""
    if vector(operands[0], "polyval").size == 0 and not operands[1]:
        raise OperandError("polyval: a polynomial without coefficients: write 0.0")
    return operands[1]


def slope(m: Arrays, p: Traced, x: Traced) -> Traced:
    """The derivative by x. Of a constant it has no coefficients."""
    return m("np.polyval" if x.rank else "polyval_number", m("np.polyder", p), double(m, x))


def polyval_number(p: Any, x: Any) -> object:
    """np.polyval for one x: a number, though there be no coefficients."""
    return np.polyval(p, x)[()]


def number_dims(operands: Sequence[Dims], attributes: Attributes) -> Dims:
    vector(operands[0], "polyval")
    if operands[1]:
        raise OperandError("polyval_number: expected one number")
    return ()


def write_number(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    found = spell.call("np.polyval", *operands)
    (dim,) = array(types[0]).dims
    if isinstance(dim.size, int) and dim.size > dim.less:
        return found
    return spell.subscript(found, ast.Tuple([], ast.Load()))


def polyval_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    total = None if dots.p is None else m(c.op.operation.name, dots.p, c.x)
    if dots.x is not None:
        term = in_dtype_of(m, slope(m, c.p, c.x), c.result) * dots.x
        total = term if total is None else total + term
    return total


def polyval_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    return {"p": m("powers_times", ct, c.x, c.p), "x": ct * slope(m, c.p, c.x)}


def powers_times(ct: Any, x: Any, p: Any) -> object:
    """Of each power of x that a polynomial p has, the sum times ct."""
    ct, x = (each if np.ndim(each) == 1 else np.ravel(each) for each in (ct, x))
    return ct @ np.vander(x, p.size)


def powers_type(types: Sequence[Type], attributes: Attributes) -> Type:
    for found in types[:2]:
        array_or_number(found)
    # np.vander gives float64 even for float32.
    return ArrayType("float64", array(types[2]).dims)


def write_powers(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
    ct, x = (
        operand
        if isinstance(found, ArrayType) and found.rank == 1
        else spell.call("np.ravel", operand)
        for operand, found in zip(operands[:2], types[:2], strict=True)
    )
    powers = spell.call("np.vander", x, ast.Attribute(operands[2], "size", ast.Load()))
    return ast.BinOp(ct, ast.MatMult(), powers)


def powers_jvp(m: Arrays, dots: Tangents, c: Any) -> Traced | None:
    total = None if dots.ct is None else m("powers_times", dots.ct, c.x, c.p)
    if dots.x is not None:
        lower = m("powers_times", c.ct * dots.x, c.x, m("np.polyder", c.p))
        term = in_dtype_of(m, m("polyder_transposed", lower, c.p), c.result)
        total = term if total is None else total + term
    return total


def powers_vjp(m: Arrays, ct: Traced, c: Any) -> Contributions:
    value = m("np.polyval" if c.x.rank else "polyval_number", ct, c.x)
    return {"ct": value, "x": c.ct * slope(m, ct, c.x)}


POLYDER_TRANSPOSED = Helper(
    "polyder_transposed",
    '''\
def polyder_transposed(d, p):
    """What the coefficients d of the derivative of a polynomial hand to those of p."""
    total = np.zeros(p.size, d.dtype)
    total[:-1] = d * np.arange(p.size - 1, 0, -1)
    return total
''',
)


def polyder_type(types: Sequence[Type], attributes: Attributes) -> Type:
    p = array(types[0])
    if not p.is_float:
        raise OperandError("polyder: expected coefficients that are floats")
    # It multiplies by int64, in which float32 is lost.
    return ArrayType("float64", (shortened(vector(p.dims, "polyder"), 1),))


def transposed_type(types: Sequence[Type], attributes: Attributes) -> Type:
    return ArrayType(array(types[0]).dtype, array(types[1]).dims)


# The sizes of a and v, and how much of their full convolution a mode keeps of it.
KEPT = ((5, 3, "same", 5), (3, 5, "same", 5), (4, 2, "valid", 3), (2, 4, "valid", 3))
PARTS = tuple(_sized(kept, n, k, mode) for n, k, mode, kept in KEPT)
WHOLES = tuple(_sized(n + k - 1, n, k, mode) for n, k, mode, kept in KEPT)

RECORDS: tuple[Record, ...] = (
    array_function(
        "np.convolve",
        takes=signature("a", "v", mode="full"),
        dims=convolve_dims,
        effect=raises,
        rule=bilinear(convolve_vjp),
        weight=convolve_weight,
        cases=tuple(
            case(real(n), real(k), *mode)
            for mode in ((), ("same",), ("valid",))
            for n, k in ((5, 3), (3, 5), (4, 4), (5, 2), (1, 3), (3, 1))
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.correlate",
        takes=signature("a", "v", mode="valid"),
        dims=correlate_dims,
        effect=raises,
        rule=bilinear(correlate_vjp),
        weight=convolve_weight,
        cases=tuple(
            case(real(n), real(k), **mode)
            for mode in ({}, {"mode": "full"})
            for n, k in ((5, 3), (3, 5), (4, 4), (2, 5), (1, 3), (3, 1))
        ),
        oracle=restated(plain_correlate),
    ),
    helping(
        WIDENED,
        signature("y", "a", "v", ":mode"),
        widened_type,
        custom(
            jvp=lambda m, dots, c: (
                None if dots.y is None else m("widened", dots.y, c.a, c.v, mode=c.mode)
            ),
            vjp=lambda m, ct, c: {"y": m("narrowed", ct, c.a, c.v, mode=c.mode)},
        ),
        FREE,
        PARTS,
    ),
    helping(
        NARROWED,
        signature("y", "a", "v", ":mode"),
        narrowed_type,
        custom(
            jvp=lambda m, dots, c: (
                None if dots.y is None else m("narrowed", dots.y, c.a, c.v, mode=c.mode)
            ),
            vjp=lambda m, ct, c: {"y": m("widened", ct, c.a, c.v, mode=c.mode)},
        ),
        FREE,
        WHOLES,
    ),
    array_function(
        "np.polyval",
        takes=signature("p", "x"),
        dims=polyval_dims,
        rule=custom(jvp=polyval_jvp, vjp=polyval_vjp),
        weight=lambda operands: 2 * size_of(operands[0]) * max(size_of(operands[1]), 1),
        cases=(
            case(real(4), real(3)),
            case(real(4), real(2, 3)),
            Case((real(4), NUMBER), resized=False),
            Case((real(4), real()), resized=False),
            Case((real(1), NUMBER), resized=False),
            case(real(1), real(3)),
            case(real(3), real(0)),
            case(real(2), real(1)),
        ),
        oracle=COMPLEX_STEP,
    ),
    array_function(
        "np.polyder",
        takes=signature("p", m=Refused("apply it again")),
        infer=polyder_type,
        rule=linear(lambda m, ct, c: {"p": m("polyder_transposed", ct, c.p)}),
        weight=per_element(1),
        cases=(case(real(4)), case(real(2)), case(real(1))),
        oracle=COMPLEX_STEP,
    ),
    helping(
        POLYDER_TRANSPOSED,
        signature("d", "p"),
        transposed_type,
        custom(
            jvp=lambda m, dots, c: None if dots.d is None else m("polyder_transposed", dots.d, c.p),
            vjp=lambda m, ct, c: {"d": m("np.polyder", ct)},
        ),
        per_element(1),
        (case(real(3), real(4)), case(real(1), real(2)), case(real(0), real(1))),
    ),
    Record(
        name="polyval_number",
        infer=by_example(polyval_number, number_dims),
        evaluate=polyval_number,
        effect=pure,
        weight=lambda operands: 2 * size_of(operands[0]),
        rule=custom(jvp=polyval_jvp, vjp=polyval_vjp),
        spelling=Spelling(write_number),
        takes=signature("p", "x"),
        cases=(case(real(4), NUMBER), case(real(1), real()), case(real(0), NUMBER)),
    ),
    Record(
        name="powers_times",
        infer=powers_type,
        evaluate=powers_times,
        effect=pure,
        weight=lambda operands: 4 * size_of(operands[1]) * size_of(operands[2]),
        rule=custom(jvp=powers_jvp, vjp=powers_vjp),
        spelling=Spelling(write_powers),
        takes=signature("ct", "x", "p"),
        cases=(
            case(real(3), real(3), real(4)),
            case(real(2, 3), real(2, 3), real(4)),
            case(real(), real(), real(3)),
            case(NUMBER, NUMBER, real(3)),
            case(real(1), real(1), real(2)),
            case(real(0), real(0), real(3)),
            case(real(3), real(3), real(1)),
        ),
    ),
)
