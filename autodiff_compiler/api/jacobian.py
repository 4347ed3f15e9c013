"""`jacobian`: forward or reverse mode, whichever takes fewer operations for these arguments."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from autodiff_compiler.api.core import Core
from autodiff_compiler.api.derivative import Derivative
from autodiff_compiler.api.lowered import Chosen, Lowered
from autodiff_compiler.api.structures import sizes_of

MOST = 256  # choices remembered


class Jacobian(Derivative):
    """A Jacobian whose mode is chosen when it is first called with arguments of these sizes.

    `reverse` is what it is without a choice; `forward` is asked where that is cheaper.
    """

    __slots__ = ("_by_forward", "_chosen", "_last")

    def __init__(self, core: Core, bound: tuple[object, ...], forward: Core) -> None:
        super().__init__(core, bound)
        core.entrances[:] = [each for each in core.entrances if each is not self]
        self._by_forward = forward
        self._chosen: dict[Hashable, tuple[Core, str]] = {}
        self._last = core
        self.__call__: Callable[..., Any] = self._call

    def _call(self, *args: object, **kwargs: object) -> Any:
        values = self._core.entered(self._core.bind(*self._bound, *args, **kwargs))
        core, _ = self._choice(values)
        self._last = core
        return core.general(values)

    def _choice(self, values: tuple[object, ...]) -> tuple[Core, str]:
        """The core to ask, and why."""
        first = self._core.dispatcher.specialise((), values)
        key = first.key, tuple(map(sizes_of, values)), id(first)
        known = self._chosen.get(key)
        if known is not None:
            return known
        second = self._by_forward.dispatcher.specialise((), values)
        reverse = Lowered(first, values).cost.derivative
        forward = Lowered(second, values).cost.derivative
        if forward < reverse:
            said = f"forward mode, as reverse mode would take {reverse}"
            found = self._by_forward, said
        else:
            found = self._core, f"reverse mode, as forward mode would take {forward}"
        if len(self._chosen) >= MOST:
            self._chosen.clear()
        self._chosen[key] = found
        return found

    def lower(self, *args: object, **kwargs: object) -> Lowered:
        """What is compiled for these arguments, in the mode chosen; `.cost` says why."""
        values = self._core.entered(self._core.bind(*self._bound, *args, **kwargs))
        core, why = self._choice(values)
        return Chosen(core.dispatcher.specialise((), values), values, why=why)

    @property
    def source(self) -> str:
        """The generated Python, for the arguments and in the mode of the last call."""
        return self._last.current(self._bound).compiled.source

    def module_text(self) -> str:
        if self._last is self._core:
            return super().module_text()
        return Derivative(self._last, self._bound).module_text()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return type(self)(self._core, (*self._bound, instance), self._by_forward)

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        if self._core.offset and not self._by_forward.offset:
            self._by_forward.become_method()

    def __reduce__(self) -> str | tuple[Any, ...]:
        found = super().__reduce__()
        if isinstance(found, str) or self._bound:
            return found
        core, other = self._core, self._by_forward
        return _rebuilt, (core.function, core.requests, other.requests, core.offset)


def _rebuilt(function: Any, reverse: Any, forward: Any, offset: int) -> Jacobian:
    return Jacobian(Core(function, reverse, offset), (), Core(function, forward, offset))
