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
    KIND_OF_DTYPE,
    NP_BOOL,
    NP_FLOAT,
    NP_FLOAT32,
    ArrayType,
    Dim,
    Kind,
    ScalarType,
    SequenceType,
    TextType,
    Type,
    broadcast,
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
    Kind.NP_FLOAT: np.float64(0.5),
    Kind.NP_FLOAT32: np.float32(0.5),
}
_EXAMPLES |= {
    kind: np.dtype(kind.value.removeprefix("np.")).type(1)
    for kind in Kind
    if kind.is_numpy and kind.is_integer
}
BOOLEANS = BOOL.kinds | NP_BOOL.kinds
INTEGERS = BOOLEANS | {kind for kind in Kind if kind.is_integer}


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


def has_array(types: Sequence[Type]) -> bool:
    return any(isinstance(found, ArrayType) for found in types)


def shown_shape(dims: Sequence[Dim]) -> str:
    """A shape as Python shows it, with ? for sizes that are not known."""
    known = (str(dim) if isinstance(dim.size, int) else "1" if dim.one else "?" for dim in dims)
    return f"({', '.join(known)}{',' * (len(dims) == 1)})"


def broadcast_dims(types: Sequence[Type]) -> tuple[Dim, ...]:
    """The dimensions of what an elementwise operation gives for numbers and arrays."""
    dims: tuple[Dim, ...] = ()
    for found in types:
        if isinstance(found, ArrayType):
            wider = broadcast(dims, found.dims)
            if wider is None:
                shapes = " and ".join(
                    shown_shape(each.dims) for each in types if isinstance(each, ArrayType)
                )
                raise OperandError(f"shapes {shapes} could not be broadcast together")
            dims = wider
        else:
            scalar(found)
    return dims


@cache
def _dtype_asked(function: Callable[..., object], examples: tuple[Kind | str, ...]) -> str:
    """The dtype of what an elementwise function gives for numbers and arrays of these dtypes."""
    values = [np.ones(2, each) if isinstance(each, str) else _EXAMPLES[each] for each in examples]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            result = function(*values)
        except (TypeError, ValueError, DeprecationWarning) as error:
            names = ", ".join(e if isinstance(e, str) else e.value for e in examples)
            raise OperandError(f"cannot take {names}: {error}") from None
    dtype = result.dtype.name if isinstance(result, np.ndarray) else type(result).__name__
    if not isinstance(result, np.ndarray) or dtype not in KIND_OF_DTYPE:
        raise OperandError(f"gives {dtype} for arrays, which has no type here")
    return dtype


def elementwise_type(function: Callable[..., object], types: Sequence[Type]) -> Type:
    """What an elementwise function gives where at least one operand is an array.

    NumPy gives its scalar where no operand has a dimension.
    """
    dims = broadcast_dims(types)
    choices = [
        [found.dtype] if isinstance(found, ArrayType) else sorted(scalar(found).kinds, key=str)
        for found in types
    ]
    dtypes = {_dtype_asked(function, each) for each in product(*choices)}
    if len(dtypes) > 1:
        raise OperandError(f"gives {' or '.join(sorted(dtypes))}, depending on a number's type")
    (dtype,) = dtypes
    return ArrayType(dtype, dims) if dims else KIND_OF_DTYPE[dtype]


def asking(function: Callable[..., object], arity: Arity) -> Infer:
    """The type that `function` itself returns for so many numbers, or for arrays elementwise."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, arity)
        if has_array(types):
            return elementwise_type(function, types)
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


def numbers_only(infer: Infer, instead: str) -> Infer:
    """Of numbers as `infer` says; arrays are refused, with what to use for them `instead`."""

    def checked(types: Sequence[Type], attributes: Attributes) -> Type:
        for found in types:
            if isinstance(found, ArrayType):
                raise OperandError(f"expected a number, got {found}; use {instead}")
        return infer(types, attributes)

    return checked


def either(types: Sequence[Type], attributes: Attributes) -> Type:
    """One of two numbers, unchanged."""
    expect_count(types, 2)
    return ScalarType(scalar(types[0]).kinds | scalar(types[1]).kinds)


def certainly_numpy(types: Sequence[Type]) -> bool:
    """Whether some operand is NumPy's whatever happens, so that nothing raises."""
    return any(isinstance(found, ArrayType) or found in (NP_FLOAT, NP_FLOAT32) for found in types)


def float_of_library(arity: Arity, function: Callable[..., object]) -> Infer:
    """What NumPy's `function` gives where NumPy's arithmetic certainly runs, float where it
    certainly doesn't."""

    def infer(types: Sequence[Type], attributes: Attributes) -> Type:
        expect_count(types, arity)
        if has_array(types):
            return elementwise_type(function, types)
        kinds = [scalar(found).kinds for found in types]
        if any(Kind.NP_BOOL in each for each in kinds):
            raise OperandError("expected floats, got np.bool")
        if certainly_numpy(types):
            return asking(function, arity)(types, attributes)
        if any(kind.is_numpy for each in kinds for kind in each):
            return ScalarType(FLOAT.kinds | NP_FLOAT.kinds)
        return FLOAT

    return infer


def truth(types: Sequence[Type], attributes: Attributes) -> Type:
    """A Python bool, of a number or of whether a sequence has elements."""
    expect_count(types, 1)
    if not isinstance(types[0], SequenceType | TextType):
        if isinstance(types[0], ArrayType) and any(dim.one is not True for dim in types[0].dims):
            raise OperandError("the truth value of an array is ambiguous")
        if not isinstance(types[0], ArrayType):
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
    ) or has_array(types)
    return Effect.PURE if numpy else Effect.RAISES


def raises_for_floats(types: Sequence[Type]) -> Effect:
    """Conversions to int raise for inf and nan."""
    floats = any(
        found.is_float
        if isinstance(found, ArrayType)
        else isinstance(found, ScalarType) and found.may_be_float
        for found in types
    )
    return Effect.RAISES if floats else Effect.PURE
