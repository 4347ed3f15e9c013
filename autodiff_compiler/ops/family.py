"""Makes the records of one mathematical function, `math.f` and `np.f`, from one rule."""

from __future__ import annotations

import ast
import math as math_module
from collections.abc import Callable

import numpy as np

from autodiff_compiler.ir.operation import Infer
from autodiff_compiler.ir.types import FLOAT, Type
from autodiff_compiler.ops import spell
from autodiff_compiler.ops.calling import Refused, Signature, evaluating, signature, written
from autodiff_compiler.ops.kinds import Arity, EffectOf, asking, giving, numbers_only, pure
from autodiff_compiler.ops.record import Delicate, Elementwise, Record, Rule, Spelling, Zero
from autodiff_compiler.ops.samples import Samples
from autodiff_compiler.ops.terms import Namespace, Partials, Term, TermLike
from autodiff_compiler.ops.weights import Weight, always

FOUR = always(4)

# Keywords that every ufunc has.
OUT = Refused("assign the result instead")
WHERE = Refused("use np.where on the result")
DTYPE = Refused("use x.astype on an operand, or on the result")

# What stands for those of math's functions on arrays that NumPy has under another name, or not.
_FOR_ARRAYS = {
    "asin": "np.arcsin",
    "acos": "np.arccos",
    "atan": "np.arctan",
    "asinh": "np.arcsinh",
    "acosh": "np.arccosh",
    "atanh": "np.arctanh",
    "atan2": "np.arctan2",
    "pow": "np.power",
    "erf": "scipy.special.erf",
    "erfc": "scipy.special.erfc",
    "gamma": "scipy.special.gamma",
    "lgamma": "scipy.special.gammaln",
    "remainder": "x - y * np.rint(x / y)",
    "ldexp": "x * 2.0**i",
    "fma": "x * y + z",
    "factorial": "scipy.special.factorial",
    "comb": "scipy.special.comb",
    "perm": "scipy.special.perm",
    "isqrt": "np.sqrt",
}


def math_of_numbers(name: str, infer: Infer) -> Infer:
    """How a function of `math` types itself: of arrays it names NumPy's."""
    return numbers_only(infer, _FOR_ARRAYS.get(name, f"np.{name}"))


def ufunc_signature(function: np.ufunc) -> Signature:
    """The signature of a ufunc, whose other keywords are refused."""
    names = ("x",) if function.nin == 1 else ("x1", "x2", "x3")[: function.nin]
    return signature(*names, out=OUT, where=WHERE, dtype=DTYPE)


def calling_as(function: Callable[..., object], takes: Signature) -> Callable[..., object]:
    """Runs the function on operands as a call gave them, or on all that it takes, in order."""
    run = evaluating(function, takes)

    def evaluate(*operands: object, **attributes: object) -> object:
        return run(*operands, **attributes) if attributes else function(*operands)

    return evaluate


def written_as(name: str, takes: Signature) -> Spelling:
    """The call as text: as `calling_as` runs it."""
    as_given, plain = written(name, takes), spell.calling(name)

    def write(
        operands: spell.Expressions, types: spell.Types, attributes: spell.Attributes
    ) -> ast.expr | ast.stmt:
        return (as_given if attributes else plain).write(operands, types, attributes)

    return Spelling(write)


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
                infer=math_of_numbers(math, infer or giving(result, arity)),
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
    infer: Infer | None = None,
    takes: Signature | None = None,
    methods: tuple[str, ...] = (),
    holds: str = "new",
    samples: Samples = (),
    delicate: tuple[Delicate, ...] = (),
    sympy: Callable[..., object] | None = None,
    mpmath: Callable[..., object] | None = None,
    bound: str = "relative",
) -> Record:
    """The record of one NumPy function, which works element by element."""
    function = evaluate or getattr(np, name)
    if takes is None and isinstance(function, np.ufunc):
        takes = ufunc_signature(function)
    return Record(
        name=f"np.{name}",
        infer=infer or asking(function, arity),
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
        takes=takes,
        methods=methods,
        holds=holds,
    )
