"""What was asked for: which derivative, and with respect to which arguments."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from autodiff_compiler.dispatch.compiler import Step
from autodiff_compiler.dispatch.parameters import Parameter
from autodiff_compiler.errors import SignatureError

Argnum = int | str
Argnums = Argnum | Sequence[Argnum]

MODES = ("reverse", "forward")


@dataclass(frozen=True)
class Request:
    """One differentiation as the user wrote it.

    `argnums` is None where every call says anew what is active, as `jvp` and `vjp` do.
    """

    kind: str
    argnums: Argnum | tuple[Argnum, ...] | None = None
    mode: str = "reverse"


def request(kind: str, argnums: Argnums, mode: str) -> Request:
    """Check what can be checked before the function is known."""
    if mode not in MODES:
        raise SignatureError(f"{kind}: mode is 'reverse' or 'forward', not {mode!r}")
    if isinstance(argnums, str) or not isinstance(argnums, Sequence):
        return Request(kind, _argnum(kind, argnums), mode)
    several = tuple(_argnum(kind, each) for each in argnums)
    if not several:
        hint = "leave argnums out to differentiate with respect to the first argument"
        raise SignatureError(f"{kind}: argnums is empty", hint)
    return Request(kind, several, mode)


def resolve(wanted: Request, function: str, parameters: Sequence[Parameter], offset: int) -> Step:
    """The request in terms of parameter positions; `offset` skips `self`."""
    argnums = wanted.argnums
    assert argnums is not None
    bare = not isinstance(argnums, tuple)
    each = argnums if isinstance(argnums, tuple) else (argnums,)
    found = tuple(_position(wanted.kind, one, function, parameters, offset) for one in each)
    if len(set(found)) < len(found):
        said = f"{wanted.kind}: argnums {argnums!r} names a parameter twice"
        raise SignatureError(said, "name each parameter once")
    return Step(wanted.kind, found, bare, wanted.mode)


def _argnum(kind: str, argnum: object) -> Argnum:
    if isinstance(argnum, str):
        return argnum
    try:
        if not isinstance(argnum, bool):
            return operator.index(argnum)  # type: ignore[arg-type]
    except TypeError:
        pass
    raise SignatureError(
        f"{kind}: argnums are positions or names of parameters, one or several, not {argnum!r}",
        'write argnums=0, argnums="x" or, for several, argnums=(0, 1)',
    )


def _position(
    kind: str, argnum: Argnum, function: str, parameters: Sequence[Parameter], offset: int
) -> int:
    named = [parameter for parameter in parameters if not parameter.is_variadic]
    if isinstance(argnum, str):
        for position, parameter in enumerate(named):
            if parameter.name == argnum:
                return position
        names = ", ".join(parameter.name for parameter in named) or "none"
        raise SignatureError(
            f"{kind}: {function} has no parameter {argnum!r}; its parameters are {names}"
        )
    count = sum(parameter.is_positional for parameter in named) - offset
    if not -count <= argnum < count:
        after = " after self" if offset else ""
        some = f"{count} positional parameter{'' if count == 1 else 's'}{after}"
        places = [parameter.name for parameter in named if parameter.is_positional][offset:]
        counted = ", ".join(f"{name} is {place}" for place, name in enumerate(places))
        hint = f"positions count from 0: {counted}" if places else "add a parameter"
        raise SignatureError(f"{kind}: argnums={argnum}, but {function} has {some}", hint)
    return offset + argnum % count
