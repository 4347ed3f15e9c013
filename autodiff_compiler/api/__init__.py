"""The public operators: `grad`, `value_and_grad`, `jvp`, `vjp`, Jacobians and Hessians.

Names, argument order and defaults are JAX's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, overload

from autodiff_compiler.api.core import Core, is_in_class_body, target_of
from autodiff_compiler.api.derivative import Derivative
from autodiff_compiler.api.jacobian import Jacobian
from autodiff_compiler.api.linear import ForwardMap, HessianMap, Pullback, ReverseMap
from autodiff_compiler.api.lowered import Lowered
from autodiff_compiler.api.requests import Argnums, Request, request
from autodiff_compiler.api.transformed import core_of

__all__ = [
    "Derivative",
    "ForwardMap",
    "HessianMap",
    "Jacobian",
    "Lowered",
    "Pullback",
    "ReverseMap",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]
Decorator = Callable[[Function], Derivative]
JacobianDecorator = Callable[[Function], Jacobian]


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
def jacfwd(function: Function, argnums: Argnums = 0) -> Derivative: ...
@overload
def jacfwd(function: None = None, argnums: Argnums = 0) -> Decorator: ...
def jacfwd(function: Function | None = None, argnums: Argnums = 0) -> Derivative | Decorator:
    """The Jacobian by forward mode: one sweep for each number differentiated by.

    The result is called like the function and returns the structure of its value, with that of the
    arguments that `argnums` names (as for `grad`) in the place of each leaf. The derivative of an
    array by an array has the shape of the one followed by that of the other.
    """
    return _derivative("jacfwd", function, argnums, "reverse")


@overload
def jacrev(function: Function, argnums: Argnums = 0) -> Derivative: ...
@overload
def jacrev(function: None = None, argnums: Argnums = 0) -> Decorator: ...
def jacrev(function: Function | None = None, argnums: Argnums = 0) -> Derivative | Decorator:
    """The Jacobian by reverse mode: one sweep back for each number returned. See `jacfwd`."""
    return _derivative("jacrev", function, argnums, "reverse")


@overload
def jacobian(function: Function, argnums: Argnums = 0) -> Jacobian: ...
@overload
def jacobian(function: None = None, argnums: Argnums = 0) -> JacobianDecorator: ...
def jacobian(
    function: Function | None = None, argnums: Argnums = 0
) -> Jacobian | JacobianDecorator:
    """The Jacobian by the mode that takes fewer operations. See `jacfwd`.

    Operations are counted when it is first called with arguments of some sizes;
    `.lower(*args).cost` says what was chosen and why.
    """
    backward = request("jacrev", argnums, "reverse")
    forward = request("jacfwd", argnums, "reverse")

    def decorate(function: Function) -> Jacobian:
        core, bound = _checked("jacobian", function, backward)
        return Jacobian(core, bound, core_of("jacobian", function, forward)[0])

    return decorate if function is None else decorate(function)


@overload
def hessian(function: Function, argnums: Argnums = 0) -> Derivative: ...
@overload
def hessian(function: None = None, argnums: Argnums = 0) -> Decorator: ...
def hessian(function: Function | None = None, argnums: Argnums = 0) -> Derivative | Decorator:
    """The matrix of second derivatives, by forward over reverse mode.

    As `jacfwd(jacrev(f))`, so that a scalar function of an array has one of its shape twice; for
    several arguments a tuple of tuples.
    """
    return _derivative("hessian", function, argnums, "reverse")


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


@overload
def hvp(function: Function) -> HessianMap: ...
@overload
def hvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
) -> Any: ...
def hvp(
    function: Function,
    primals: Sequence[Any] | None = None,
    tangents: Sequence[Any] | None = None,
    **kwargs: Any,
) -> HessianMap | Any:
    """The Hessian at `primals` times `tangents`, by forward over reverse mode.

    Both are as for `jvp`. Structured as the primal if that is the only one, else a tuple with one
    entry per primal, None for those that are not differentiated. The Hessian itself is never made.
    With the function alone the result is an object that is called with the rest and has `.source`
    and `.lower`.
    """
    found = _hessian_map(_plain("hvp", function))
    if primals is None and tangents is None and not kwargs:
        return found
    if primals is None or tangents is None:
        raise TypeError("hvp() takes primals and tangents, or neither")
    return found(primals, tangents, **kwargs)


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
def _hessian_map(function: Function) -> HessianMap:
    return HessianMap(*core_of("hvp", function, Request("hvp")))


@functools.lru_cache(maxsize=128)
def _reverse(function: Function) -> ReverseMap:
    return ReverseMap(*core_of("vjp", function, Request("vjp")))


def _derivative(
    kind: str, function: Function | None, argnums: Argnums, mode: str
) -> Derivative | Decorator:
    wanted = request(kind, argnums, mode)

    def decorate(function: Function) -> Derivative:
        return Derivative(*_checked(kind, function, wanted))

    return decorate if function is None else decorate(function)


def _checked(kind: str, function: Function, wanted: Request) -> tuple[Core, tuple[object, ...]]:
    core, bound = core_of(kind, function, wanted)
    if bound or not is_in_class_body(core.function):
        _ = core.fixed  # so that wrong argnums are refused at once
    return core, bound
