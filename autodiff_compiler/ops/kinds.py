"""How operations type themselves: pairwise over the kinds that their operands may have.

What Python and NumPy return for two kinds is not written down here but asked of them, once per
combination, with example values: no table could drift from what the installed NumPy does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product

import numpy as np

from autodiff_compiler.ir.operation import Effect, Infer, OperandError
from autodiff_compiler.ir.types import (
    BOOL,
    FLOAT,
    INT,
    NP_BOOL,
    NP_FLOAT,
    NP_INT,
    Kind,
    ScalarType,
    SequenceType,
    TextType,
    Type,
    type_of,
)

Attributes = Mapping[str, object]
EffectOf = Callable[[Sequence[Type]], Effect]
Arity = int | tuple[int, int | None]  # n, or from n to m operands (None: any number)

_EXAMPLES: dict[Kind, object] = {
    Kind.BOOL: True,
    Kind.INT: 1,
    Kind.FLOAT: 0.5,
    Kind.NP_BOOL: np.True_,
    Kind.NP_INT: np.int64(1),
    Kind.NP_FLOAT: np.float64(0.5),
}
BOOLEANS = BOOL.kinds | NP_BOOL.kinds
INTEGERS = BOOLEANS | INT.kinds | NP_INT.kinds


# What may be asked of operands.


def expect_count(types: Sequence[Type], arity: Arity) -> None:
    """Raise OperandError unless there are as many operands as the operation takes."""
    least, most = (arity, arity) if isinstance(arity, int) else arity
    if least <= len(types) and (most is None or len(types) <= most):
        return
    if most is None:
        wanted = f"at least {least}"
    else:
        wanted = str(least) if least == most else f"{least} to {most}"
    raise OperandError(f"expected {wanted} operand{'s' * (wanted != '1')}, got {len(types)}")


def scalar(found: Type) -> ScalarType:
    """The operand's type, if it is certainly a number."""
    if not isinstance(found, ScalarType):
        raise OperandError(f"expected a number, got {found}")
    if found.may_be_unbound:
        raise OperandError(f"expected a number, got {found}, which may be unbound")
    return found


def sequence(found: Type) -> SequenceType:
    if not isinstance(found, SequenceType):
        raise OperandError(f"expected a list or tuple of varying length, got {found}")
    return found


def integer(found: Type) -> ScalarType:
    """What Python takes as an index: not np.bool."""
    if not scalar(found).kinds <= INTEGERS - {Kind.NP_BOOL}:
        raise OperandError(f"expected an int, got {found}")
    return scalar(found)


def python_integer(found: Type) -> ScalarType:
    if not scalar(found).kinds <= {Kind.BOOL, Kind.INT}:
        raise OperandError(f"expected an int of Python's own, got {found}")
    return scalar(found)


def condition(found: Type) -> ScalarType:
    if not scalar(found).kinds <= BOOLEANS:
        raise OperandError(f"expected a bool, got {found}")
    return scalar(found)


# Type rules.


@cache
def _asked(function: Callable[..., object], kinds: tuple[Kind, ...]) -> frozenset[Kind]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            result = function(*(_EXAMPLES[kind] for kind in kinds))
        except (TypeError, DeprecationWarning) as error:
            names = ", ".join(kind.value for kind in kinds)
            raise OperandError(f"cannot take {names}: {error}") from None
    found = type_of(result)
    if not isinstance(found, ScalarType):
        names = ", ".join(kind.value for kind in kinds)
        raise OperandError(f"gives {type(result).__name__} for {names}, which has no type here")
    return found.kinds


def asking(function: Callable[..., object], arity: Arity) -> Infer:
    """The type that `function` itself returns for so many numbers."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, arity)
        kinds = [scalar(found).kinds for found in types]
        return ScalarType(frozenset().union(*(_asked(function, each) for each in product(*kinds))))

    return infer


def giving(result: Type, arity: Arity, check: Callable[[Type], object] = scalar) -> Infer:
    """One type whatever the operands, each of which `check` accepts."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, arity)
        for found in types:
            check(found)
        return result

    return infer


def either(types: Sequence[Type], attributes: Attributes) -> Type:
    """One of two numbers, unchanged."""
    expect_count(types, 2)
    return ScalarType(scalar(types[0]).kinds | scalar(types[1]).kinds)


def certainly_numpy(types: Sequence[Type]) -> bool:
    """Whether some operand is an np.float64 whatever happens, so that nothing raises."""
    return any(isinstance(found, ScalarType) and found == NP_FLOAT for found in types)


def float_of_library(arity: Arity) -> Infer:
    """np.float64 where NumPy's arithmetic certainly runs, float where it certainly doesn't."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, arity)
        kinds = [scalar(found).kinds for found in types]
        if any(Kind.NP_BOOL in each for each in kinds):
            raise OperandError("expected floats, got np.bool")
        if certainly_numpy(types):
            return NP_FLOAT
        if any(kind.is_numpy for each in kinds for kind in each):
            return ScalarType(FLOAT.kinds | NP_FLOAT.kinds)
        return FLOAT

    return infer


def truth(types: Sequence[Type], attributes: Attributes) -> Type:
    """A Python bool, of a number or of whether a sequence has elements."""
    expect_count(types, 1)
    if not isinstance(types[0], SequenceType | TextType):
        scalar(types[0])
    return BOOL


# Effects.


def pure(types: Sequence[Type]) -> Effect:
    return Effect.PURE


def raises(types: Sequence[Type]) -> Effect:
    return Effect.RAISES


def acts(types: Sequence[Type]) -> Effect:
    return Effect.ACTS


def raises_unless_numpy(types: Sequence[Type]) -> Effect:
    """Python's numbers raise where NumPy's only warn."""
    numpy = any(
        isinstance(found, ScalarType) and found.kinds and all(k.is_numpy for k in found.kinds)
        for found in types
    )
    return Effect.PURE if numpy else Effect.RAISES


def raises_for_floats(types: Sequence[Type]) -> Effect:
    """Conversions to int raise for inf and nan."""
    floats = any(isinstance(found, ScalarType) and found.may_be_float for found in types)
    return Effect.RAISES if floats else Effect.PURE
