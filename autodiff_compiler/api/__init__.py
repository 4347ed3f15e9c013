"""The public operators: `grad`, `value_and_grad`, `jvp`, `vjp`.

Names, argument order and defaults are JAX's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

from autodiff_compiler.api.core import is_in_class_body, target_of
from autodiff_compiler.api.derivative import Derivative
from autodiff_compiler.api.linear import ForwardMap, Pullback, ReverseMap
from autodiff_compiler.api.lowered import Lowered
from autodiff_compiler.api.requests import Argnums, Request, request
from autodiff_compiler.api.transformed import core_of

__all__ = [
    "Derivative",
    "ForwardMap",
    "Lowered",
    "Pullback",
    "ReverseMap",
    "grad",
    "jvp",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]
Decorator = Callable[[Function], Derivative]


@overload
def grad(function: Function, argnums: Argnums = 0, *, mode: str = "reverse") -> Derivative: ...
@overload
def grad(function: None = None, argnums: Argnums = 0, *, mode: str = "reverse") -> Decorator: ...
def grad(
    function: Function | None = None, argnums: Argnums = 0, *, mode: str = "reverse"
) -> Derivative | Decorator:
    """The gradient of a function that returns one number.

    The result is called like the function and returns the gradient with respect to the arguments
    that `argnums` names, by position or parameter name: for one, a float, list or tuple like
    that argument; for several, or a sequence of one, a tuple of them. An int to differentiate
    by is converted to float first. Where the value doesn't depend on an argument the gradient is
    zero.

    Used as a function, as a decorator (`@grad`), or as one with arguments (`@grad(argnums=1)`). In
    a class body positions count after `self`. `mode` is "reverse" (one sweep for all arguments) or
    "forward" (one for each number differentiated by).

    Raises SignatureError where argnums don't fit the function, or arguments can't be differentiated
    by, and UnsupportedError where the function can't be differentiated, when it is first called.
    """
    return _derivative("grad", function, argnums, mode)


@overload
def value_and_grad(
    function: Function, argnums: Argnums = 0, *, mode: str = "reverse"
) -> Derivative: ...
@overload
def value_and_grad(
    function: None = None, argnums: Argnums = 0, *, mode: str = "reverse"
) -> Decorator: ...
def value_and_grad(
    function: Function | None = None, argnums: Argnums = 0, *, mode: str = "reverse"
) -> Derivative | Decorator:
    """Like `grad`, but the result returns the pair of value and gradient."""
    return _derivative("value_and_grad", function, argnums, mode)


@overload
def jvp(function: Function) -> ForwardMap: ...
@overload
def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
) -> tuple[Any, Any]: ...
def jvp(
    function: Function,
    primals: Sequence[Any] | None = None,
    tangents: Sequence[Any] | None = None,
    **kwargs: Any,
) -> ForwardMap | tuple[Any, Any]:
    """The value at `primals` and its derivative in the direction of `tangents`, by forward mode.

    Both are tuples with one entry per positional argument. A tangent has the structure of its
    primal: a float for a float, a list of floats for a list of floats. Ints, bools, strings and
    None are not differentiated: their tangents are None or zero. Keyword arguments are handed to
    the function. With the function alone the result is an object that is called with the rest and
    has `.source` and `.lower`.

    Raises SignatureError where tangents don't fit primals.
    """
    found = _forward(_plain("jvp", function))
    if primals is None and tangents is None and not kwargs:
        return found
    if primals is None or tangents is None:
        raise TypeError("jvp() takes primals and tangents, or neither")
    return found(primals, tangents, **kwargs)


@overload
def vjp(function: Function) -> ReverseMap: ...
@overload
def vjp(function: Function, *args: Any, **kwargs: Any) -> tuple[Any, Pullback]: ...
def vjp(function: Function, *args: Any, **kwargs: Any) -> ReverseMap | tuple[Any, Pullback]:
    """The value at `args`, and the pullback: from its cotangent to those of the arguments.

    The pullback is called with a cotangent structured as the value and returns a tuple with one
    cotangent per positional argument, None for ints, bools, strings and None. It may be called
    again. With the function alone the result is an object that is called with the arguments and has
    `.source` and `.lower`.
    """
    found = _reverse(_plain("vjp", function))
    return found(*args, **kwargs) if args or kwargs else found


def _plain(kind: str, function: Any) -> Any:
    """The function, once it is known to be one: what is not may have no hash either."""
    if not callable(function) or type(function).__hash__ is None:
        target_of(kind, function)
    return function


# Kept, so that `jvp(f, primals, tangents)` compiles once however often it is written.
@functools.lru_cache(maxsize=128)
def _forward(function: Function) -> ForwardMap:
    return ForwardMap(*core_of("jvp", function, Request("jvp")))


@functools.lru_cache(maxsize=128)
def _reverse(function: Function) -> ReverseMap:
    return ReverseMap(*core_of("vjp", function, Request("vjp")))


def _derivative(
    kind: str, function: Function | None, argnums: Argnums, mode: str
) -> Derivative | Decorator:
    wanted = request(kind, argnums, mode)

    def decorate(function: Function) -> Derivative:
        core, bound = core_of(kind, function, wanted)
        if bound or not is_in_class_body(core.function):
            _ = core.fixed  # so that wrong argnums are refused at once
        return Derivative(core, bound)

    return decorate if function is None else decorate(function)
