"""Makes the records of one mathematical function, `math.f` and `np.f`, from one rule."""

from __future__ import annotations

import math as math_module
from collections.abc import Callable

import numpy as np

from autodiff_compiler.ir.operation import Infer
from autodiff_compiler.ir.types import FLOAT, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.kinds import Arity, EffectOf, asking, giving, pure
from autodiff_compiler.ops.record import Delicate, Elementwise, Record, Rule, Spelling, Zero
from autodiff_compiler.ops.samples import Samples
from autodiff_compiler.ops.terms import Namespace, Partials, Term, TermLike
from autodiff_compiler.ops.weights import Weight, always

FOUR = always(4)


def over(m: Namespace, a: TermLike, b: Term) -> Term:
    """a / b where `math`'s function raised if b is 0, and NumPy's gave inf or nan."""
    return m.quotient(a, b) if m.library == "math" else a / b


def family(
    *,
    math: str | None = None,
    np: str | None = None,
    partials: Partials | None = None,
    rule: Rule | None = None,
    zero: str = "",
    arity: Arity = 1,
    result: Type = FLOAT,
    infer: Infer | None = None,
    effect: EffectOf = pure,
    numpy_effect: EffectOf = pure,
    weight: Weight = FOUR,
    samples: Samples = (),
    delicate: tuple[Delicate, ...] = (),
    sympy: Callable[..., object] | None = None,
    mpmath: Callable[..., object] | None = None,
    bound: str = "relative",
) -> tuple[Record, ...]:
    """Records of the `math` function and the NumPy function of these names.

    `partials` (or `zero`, the reason why there are none, or a whole `rule`) serves both. `effect`
    and `result` (or `infer`) are those of `math`'s function: NumPy's warns instead, and is asked
    for its type.
    """
    if rule is None:
        rule = Zero(zero) if partials is None else Elementwise(partials)
    records = []
    if math is not None:
        records.append(
            Record(
                name=f"math.{math}",
                infer=infer or giving(result, arity),
                evaluate=getattr(math_module, math),
                effect=effect,
                weight=weight,
                rule=rule,
                spelling=spell.calling(f"math.{math}"),
                samples=samples,
                delicate=delicate,
                sympy=sympy,
                mpmath=mpmath,
                bound=bound,
            )
        )
    if np is not None:
        records.append(
            numpy_function(
                np,
                rule=rule,
                arity=arity,
                effect=numpy_effect,
                weight=weight,
                samples=samples,
                delicate=delicate,
                sympy=sympy,
                mpmath=mpmath,
                bound=bound,
            )
        )
    return tuple(records)


def numpy_function(
    name: str,
    *,
    rule: Rule,
    arity: Arity = 1,
    weight: Weight,
    effect: EffectOf = pure,
    evaluate: Callable[..., object] | None = None,
    spelling: Spelling | None = None,
    samples: Samples = (),
    delicate: tuple[Delicate, ...] = (),
    sympy: Callable[..., object] | None = None,
    mpmath: Callable[..., object] | None = None,
    bound: str = "relative",
) -> Record:
    """The record of one NumPy function of numbers."""
    function = evaluate or getattr(np, name)
    return Record(
        name=f"np.{name}",
        infer=asking(function, arity),
        evaluate=function,
        effect=effect,
        weight=weight,
        rule=rule,
        spelling=spelling or spell.calling(f"np.{name}"),
        samples=samples,
        delicate=delicate,
        sympy=sympy,
        mpmath=mpmath,
        bound=bound,
    )
