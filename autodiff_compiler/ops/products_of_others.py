"""What derivatives of products need: products of the other elements, recurrences, shifts.

Nothing is divided by an element, so that zeros among them are nothing special. The operations are
closed under differentiation.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from autodiff_compiler.ir.operation import OperandError
from autodiff_compiler.ir.types import ArrayType, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.array_types import Attributes, array
from autodiff_compiler.ops.building import Arrays, Traced, custom
from autodiff_compiler.ops.calling import Param, Role, Signature, signature
from autodiff_compiler.ops.cases import Case, case, real
from autodiff_compiler.ops.helpers import running
from autodiff_compiler.ops.kinds import pure
from autodiff_compiler.ops.record import Custom, Helper, Record, Spelling
from autodiff_compiler.ops.subscripts import Slice
from autodiff_compiler.ops.weights import FREE, Weight, per_element

PRODUCT_OF_OTHERS = Helper(
    "product_of_others",
    '''\
def product_of_others(x, axis):
    """For each element of x, the product of the others along an axis."""
    x = np.moveaxis(x, axis, 0)
    others = np.ones_like(x)
    others[1:] = np.cumprod(x[:-1], axis=0)
    others[:-1] *= np.cumprod(x[:0:-1], axis=0)[::-1]
    return np.moveaxis(others, 0, axis)
''',
)

RECURRENCE = Helper(
    "recurrence",
    '''\
def recurrence(b, x, axis, step):
    """y with y[k] = b[k] + x[k] * y[k - step] along an axis; step is 1 or -1."""
    y = np.array(b, dtype=np.result_type(b, x))
    rows, factors = (np.moveaxis(each, axis, 0)[::step] for each in (y, x))
    for k in range(1, len(rows)):
        rows[k] += factors[k] * rows[k - 1]
    return y
''',
)

SHIFTED = Helper(
    "shifted",
    '''\
def shifted(x, axis, step, fill):
    """y with y[k] = x[k - step] along an axis, and `fill` at its end; step is 1 or -1."""
    y = np.full_like(x, fill)
    rows, source = (np.moveaxis(each, axis, 0)[::step] for each in (y, x))
    rows[1:] = source[:-1]
    return y
''',
)


def flipped(m: Arrays, x: Traced, axis: int) -> Traced:
    """The elements in reverse order along an axis, counted from the front."""
    return m.op("get", x, index=(*[Slice()] * axis, Slice(step=-1)))


def product_of_others(m: Arrays, x: Traced, axis: int) -> Traced:
    return m("product_of_others", x, axis=axis)


def recurrence(m: Arrays, b: Traced, x: Traced, axis: int, step: int) -> Traced:
    return m("recurrence", b, x, axis=axis, step=step)


def shifted(m: Arrays, x: Traced, axis: int, step: int, fill: float) -> Traced:
    return m("shifted", x, axis=axis, step=step, fill=fill)


# The cumulative product, here for its own rule and that of the products of others.


def cumprod_dot(m: Arrays, x: Traced, x_dot: Traced, axis: int) -> Traced:
    """y[k] = x[k] * y[k - 1], differentiated."""
    before = shifted(m, m("np.cumprod", x, axis=axis), axis, 1, 1.0)
    return recurrence(m, x_dot * before, x, axis, 1)


def cumprod_bar(m: Arrays, x: Traced, y: Traced, ct: Traced, axis: int) -> Traced:
    """What y[k - 1] gets is its own cotangent and x[k] times that of y[k]."""
    total = recurrence(m, ct, shifted(m, x, axis, -1, 0.0), axis, -1)
    return total * shifted(m, y, axis, 1, 1.0)


def _sides(m: Arrays, x: Traced, axis: int) -> tuple[Traced, Traced]:
    """The products of all elements before each one, and of all after it."""
    up_to = m("np.cumprod", x, axis=axis)
    onwards = flipped(m, m("np.cumprod", flipped(m, x, axis), axis=axis), axis)
    return shifted(m, up_to, axis, 1, 1.0), shifted(m, onwards, axis, -1, 1.0)


def others_jvp(m: Arrays, dots: Any, c: Any) -> Traced:
    x, x_dot, axis = c.x, dots.x, c.axis
    before, after = _sides(m, x, axis)
    before_dot = shifted(m, recurrence(m, x_dot * before, x, axis, 1), axis, 1, 0.0)
    after_dot = shifted(m, recurrence(m, x_dot * after, x, axis, -1), axis, -1, 0.0)
    return before_dot * after + before * after_dot


def others_vjp(m: Arrays, ct: Traced, c: Any) -> dict[str, Traced]:
    x, axis = c.x, c.axis
    before, after = _sides(m, x, axis)
    up_to_bar = shifted(m, ct * after, axis, -1, 0.0)
    onwards_bar = shifted(m, ct * before, axis, 1, 0.0)
    first = recurrence(m, up_to_bar, shifted(m, x, axis, -1, 0.0), axis, -1) * before
    second = recurrence(m, onwards_bar, shifted(m, x, axis, 1, 0.0), axis, 1) * after
    return {"x": first + second}


def recurrence_jvp(m: Arrays, dots: Any, c: Any) -> Traced:
    moved = dots.b
    if dots.x is not None:
        term = dots.x * shifted(m, c.result, c.axis, c.step, 0.0)
        moved = term if moved is None else moved + term
    return recurrence(m, moved, c.x, c.axis, c.step)


def recurrence_vjp(m: Arrays, ct: Traced, c: Any) -> dict[str, Traced]:
    following = shifted(m, c.x, c.axis, -c.step, 0.0)
    total = recurrence(m, ct, following, c.axis, -c.step)
    return {"b": total, "x": total * shifted(m, c.result, c.axis, c.step, 0.0)}


def as_first(types: Sequence[Type], attributes: Attributes) -> Type:
    return array(types[0])


def recurrence_type(types: Sequence[Type], attributes: Attributes) -> Type:
    b, x = map(array, types)
    if b.rank != x.rank:
        raise OperandError("expected two arrays of one shape")
    return ArrayType(max(b.dtype, x.dtype, key=("float32", "float64").index), x.dims)


def helping(
    helper: Helper,
    takes: Signature,
    infer: Callable[..., Type],
    rule: Custom,
    weight: Weight,
    cases: Sequence[Case],
) -> Record:
    """The record of an operation that is a call of a helper, its attributes being arguments."""
    statics = [each for each in takes.params if each.role is Role.STATIC]

    def write(operands: Any, types: Any, attributes: Attributes) -> ast.expr:
        given = [_number(attributes.get(each.name, each.default)) for each in statics]
        return spell.call(helper.name, *operands, *given)

    run = running(helper)

    def evaluate(*operands: object, **attributes: object) -> object:
        return run(*operands, *(attributes.get(each.name, each.default) for each in statics))

    return Record(
        name=helper.name,
        infer=infer,
        evaluate=evaluate,
        effect=pure,
        weight=weight,
        rule=rule,
        spelling=Spelling(write, lambda types: helper),
        takes=takes,
        cases=tuple(cases),
    )


def _number(value: object) -> ast.expr:
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    assert isinstance(value, int | float | str)
    return ast.Constant(value)


__all__ = ["Param", "cumprod_bar", "cumprod_dot", "flipped", "helping", "product_of_others"]

# An array, and an axis of it.
ALONG = (
    *((real(n), 0) for n in (4, 1, 0)),
    *((real(3, 4), 0), (real(3, 4), 1), (real(2, 3, 4), 1), (real(0, 3), 1), (real(3, 0), 1)),
)

RECORDS: tuple[Record, ...] = (
    helping(
        PRODUCT_OF_OTHERS,
        signature("x", ":axis"),
        as_first,
        custom(jvp=others_jvp, vjp=others_vjp),
        per_element(3),
        tuple(case(x, axis) for x, axis in ALONG),
    ),
    helping(
        RECURRENCE,
        signature("b", "x", ":axis", ":step"),
        recurrence_type,
        custom(jvp=recurrence_jvp, vjp=recurrence_vjp),
        per_element(2),
        tuple(
            Case((x, x, axis, step), resized=False)  # b and x have one shape
            for x, axis in ALONG
            for step in (1, -1)
        ),
    ),
    helping(
        SHIFTED,
        signature("x", ":axis", ":step", ":fill"),
        as_first,
        custom(
            jvp=lambda m, dots, c: m("shifted", dots.x, axis=c.axis, step=c.step, fill=0.0),
            vjp=lambda m, ct, c: {"x": shifted(m, ct, c.axis, -c.step, 0.0)},
        ),
        FREE,
        tuple(
            case(x, axis, step, fill) for x, axis in ALONG for step, fill in ((1, 1.0), (-1, 0.0))
        ),
    ),
)
