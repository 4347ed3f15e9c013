"""A differentiated function, as users hold it: the common part of grad, jvp and vjp."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Self, cast

from autodiff_compiler.api import saving
from autodiff_compiler.api.core import Core, is_method_of, target_of
from autodiff_compiler.api.requests import Request
from autodiff_compiler.errors import SignatureError

if TYPE_CHECKING:
    from pathlib import Path


class Transformed:
    """A function together with what was asked of it; made by `grad`, `jvp` and so on.

    It carries the function's name, documentation and signature.
    """

    __slots__ = ("__dict__", "__weakref__", "_bound", "_core")

    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]

    _core: Core
    _bound: tuple[object, ...]

    def __init__(self, core: Core, bound: tuple[object, ...] = ()) -> None:
        self._core = core
        self._bound = bound
        functools.update_wrapper(cast(Any, self), self.primal, updated=())
        for name, value in vars(core.function).items():
            if not hasattr(type(self), name):
                self.__dict__[name] = value

    @property
    def primal(self) -> Callable[..., Any]:
        """The function itself, untouched."""
        function = self._core.function
        return MethodType(function, *self._bound) if self._bound else function

    @property
    def source(self) -> str:
        """The generated Python, for the arguments of the last call.

        Before any call, parameter annotations say what the arguments are, and parameters without
        one are floats. Raises SignatureError where that doesn't suffice: then ask
        `.lower(*args)`.
        """
        return self._core.current(self._bound).compiled.source

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write `source` as a module of its own, which needs nothing but NumPy; return its path.

        Parent folders are created. A file that was written by this package is replaced; any other
        is left alone, with FileExistsError. A derivative for a function given as an argument
        can't be told from that for another one by its text: SignatureError.
        """
        return saving.write(path, self.module_text())

    def module_text(self) -> str:
        from autodiff_compiler.emit import can_be_copied, has_literal

        compiled = self._core.current(self._bound).compiled
        for name, value in compiled.ir.fixed.items():
            if not has_literal(value):
                raise SignatureError(
                    f"{self._described()} is that for the {name} it was last called with, which "
                    "can't be written into a file",
                    f"write a function that calls it with that {name}, and save its derivative",
                )
        for name, found in compiled.captured.items():
            if not can_be_copied(found):
                raise SignatureError(
                    f"{self._described()} reads {name}, which can't be written into a file",
                    f"make {name} an argument of the function",
                )
        span = compiled.primal_ir.origin.span
        origin = "" if span is None else f"{os.path.basename(span.file)}:{span.line}"
        return saving.module_text(compiled.source, self._described(), origin)

    def _described(self) -> str:
        """What this is, in words: grad of f with respect to x."""
        core = self._core
        words = core.function.__qualname__
        for each in core.requests:
            words = f"{each.kind} of {words}"
            if each.argnums is not None:
                words += f" with respect to {_names(core, each)}"
            if each.mode == "forward":
                words += f", by {each.mode} mode"
        return words

    def __repr__(self) -> str:
        return f"<{self._described()}>"

    def __get__(self, instance: object, owner: type | None = None) -> Self:
        if instance is None:
            return self
        return type(self)(self._core, (*self._bound, instance))

    def __set_name__(self, owner: type, name: str) -> None:
        if is_method_of(self._core.function, owner):
            self._core.become_method()

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickled by reference, as functions are, if that is where it is to be found."""
        core, function = self._core, self._core.function
        if self._bound:
            return getattr, (*self._bound, function.__name__)
        found: object = sys.modules.get(function.__module__)
        for part in function.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return function.__qualname__
        return _rebuilt, (type(self), function, core.requests, core.offset)


def core_of(kind: str, function: object, wanted: Request) -> tuple[Core, tuple[object, ...]]:
    """The core for one more differentiation of a function, which may be a derivative already."""
    if isinstance(function, Transformed):
        inner = function._core
        if inner.requests[-1].argnums is None:
            raise SignatureError(
                f"{kind} of {inner.requests[-1].kind}({inner.function.__qualname__}): write a "
                "function that calls it, and differentiate that"
            )
        return Core(inner.function, (*inner.requests, wanted), inner.offset), function._bound
    plain, bound = target_of(kind, function)
    return Core(plain, (wanted,), len(bound)), bound


def _names(core: Core, wanted: Request) -> str:
    argnums = wanted.argnums
    try:
        chosen = core.fixed[core.requests.index(wanted)].argnums
        return ", ".join(core.parameters[place].name for place in chosen)
    except SignatureError:
        return repr(argnums)


def _rebuilt(
    kind: type[Transformed], function: FunctionType, requests: tuple[Request, ...], offset: int
) -> Transformed:
    return kind(Core(function, requests, offset))
