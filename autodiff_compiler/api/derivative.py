"""What `grad` and `value_and_grad` return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff_compiler.api.core import Core
from autodiff_compiler.api.lowered import Lowered
from autodiff_compiler.api.transformed import Transformed


class Derivative(Transformed):
    """The derivative of a function, called with the function's own arguments.

    `__call__` is a function written for each object (see `dispatch.calls`), so that a call costs
    little more than one of the generated function.
    """

    __slots__ = ("__call__",)

    __call__: Callable[..., Any]

    def __init__(self, core: Core, bound: tuple[object, ...] = ()) -> None:
        super().__init__(core, bound)
        if bound:
            self.__call__ = lambda *args, **kwargs: core.call(*bound, *args, **kwargs)
        else:
            core.entrances.append(self)
            self.__call__ = core.call

    def lower(self, *args: object, **kwargs: object) -> Lowered:
        """What is compiled for these arguments: graphs, source, costs. Nothing is called."""
        core = self._core
        values = core.entered(core.bind(*self._bound, *args, **kwargs))
        return Lowered(core.dispatcher.specialise((), values), values)
