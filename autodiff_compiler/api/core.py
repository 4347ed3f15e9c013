"""What every derivative is made of: the function, what was asked, what has been compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, Protocol

from autodiff_compiler.api.requests import Request, resolve
from autodiff_compiler.dispatch.active import as_differentiable, differentiable, holds_float
from autodiff_compiler.dispatch.annotations import declared
from autodiff_compiler.dispatch.arguments import describe, key_of, key_of_described
from autodiff_compiler.dispatch.cache import COMPILING, Dispatcher, Specialisation
from autodiff_compiler.dispatch.calls import call_function
from autodiff_compiler.dispatch.compiler import Arguments, Described, Step, Steps
from autodiff_compiler.dispatch.parameters import completed, parameters_of
from autodiff_compiler.errors import AutodiffError, SignatureError


class Entrance(Protocol):
    """An object whose `__call__` is a slot."""

    __call__: Callable[..., Any]


class Core:
    """One function and the differentiations asked of it, innermost first.

    Shared by a method and what it is bound to. `offset` is 1 for a method: positions in argnums
    count after `self`. It is known only when the class body is complete, and so positions are
    resolved at first use. `last` holds the specialisation called last. `call` is the function
    behind `__call__`; it is written anew after each compilation and handed to the `entrances`.
    """

    def __init__(self, function: FunctionType, requests: tuple[Request, ...], offset: int) -> None:
        self.function = function
        self.requests = requests
        self.offset = offset
        self.parameters = parameters_of(function.__code__)
        self.dispatcher = Dispatcher(function, self.steps)
        self.last: list[object] = [None]
        self.entrances: list[Entrance] = []
        self.call = call_function(function, self.parameters, self.general)
        self._installed = 0

    def become_method(self) -> None:
        """Count positions after `self` from now on."""
        self.offset = 1
        self.dispatcher = Dispatcher(self.function, self.steps)
        for name in ("fixed", "converted"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def fixed(self) -> Steps:
        """The differentiations whose argnums don't depend on the call."""
        name = self.function.__qualname__
        return tuple(
            resolve(each, name, self.parameters, self.offset)
            for each in self.requests
            if each.argnums is not None
        )

    @functools.cached_property
    def converted(self) -> tuple[int, ...]:
        """The positions whose ints become floats on entry."""
        return tuple(sorted({place for each in self.fixed for place in each.argnums}))

    @functools.cached_property
    def bind(self) -> Callable[..., tuple[object, ...]]:
        """Gives the arguments of a call in the order of the parameters."""
        return call_function(self.function, self.parameters, lambda values: values)

    def general(self, values: tuple[object, ...]) -> object:
        """Call the derivative with one value per parameter, compiling it if need be."""
        values = completed(self.function, self.parameters, values)
        # What has been compiled is for values that need no conversion.
        found = self.dispatcher.made((), values)
        if found is None:
            values = self.entered(values)
            found = self.dispatcher.specialise((), values)
        self.last[0] = found
        if self.dispatcher.compilations != self._installed:
            self._install()
        return found.target(*values)

    def _install(self) -> None:
        dispatcher = self.dispatcher
        with COMPILING:  # so that the call function installed last is the latest
            self._installed = dispatcher.compilations
            self.call = call_function(
                self.function, self.parameters, self.general, dispatcher.fast(), self.last
            )
            for entrance in self.entrances:
                entrance.__call__ = self.call

    def steps(self, active: tuple[int, ...]) -> Steps:
        last = self.requests[-1]
        if last.argnums is not None:
            return self.fixed
        return (*self.fixed, Step(last.kind, active, bare=len(active) == 1))

    def entered(self, values: Sequence[object]) -> tuple[object, ...]:
        """The values with defaults filled in, and those to differentiate by made floats."""
        complete = completed(self.function, self.parameters, values)
        for place in self.converted:
            if type(complete[place]) is not float:
                value = differentiable(self.label(place), complete[place])
                complete = (*complete[:place], value, *complete[place + 1 :])
        return complete

    def entered_types(self, bound: Sequence[object]) -> Mapping[str, Described]:
        """What the annotations declare, likewise; `bound` are the first arguments themselves."""
        if self.offset > len(bound):
            raise SignatureError(
                f"{self.function.__qualname__} is a method, and its source depends on the "
                "instance: ask the method of an instance, or use .lower(instance, *args)"
            )
        known = {
            parameter.name: describe(parameter.name, value, variable=False, path=parameter.name)
            for parameter, value in zip(self.parameters, bound, strict=False)
        }
        found = declared(self.function, self.parameters, known)
        for place in self.converted:
            name = self.parameters[place].name
            found[name] = as_differentiable(self.label(place), found[name])
        return found

    def label(self, place: int) -> str:
        return f"argument {self.parameters[place].name!r} of {self.function.__qualname__}"

    def current(self, bound: tuple[object, ...]) -> Specialisation:
        """The specialisation called last, with these first arguments, or else the declared one."""
        last = self.last[0]
        if isinstance(last, Specialisation) and _begins(last, bound):
            renewed = self.dispatcher.renewed(last)
            if self.last[0] is last:
                self.last[0] = renewed
            return renewed
        arguments = self.entered_types(bound)
        active = () if self.requests[-1].argnums is not None else self.declared_active(arguments)
        try:
            return self.dispatcher.declared(active, arguments)
        except AutodiffError as error:
            error.add_note(
                "Nothing has been called yet, so the arguments were taken to be what the parameter "
                "annotations say, and floats where they say nothing. For others, use "
                ".lower(*args)."
            )
            raise

    def declared_active(self, arguments: Arguments) -> tuple[int, ...]:
        """The positional parameters declared to hold floats."""
        pairs = enumerate(zip(self.parameters, arguments.values(), strict=True))
        return tuple(
            place
            for place, (parameter, described) in pairs
            if parameter.is_positional and holds_float(described)
        )


def target_of(kind: str, function: object) -> tuple[FunctionType, tuple[object, ...]]:
    """The plain function behind a callable, and the first arguments that it is bound to."""
    match function:
        case FunctionType():
            return function, ()
        case MethodType(__func__=FunctionType() as plain):
            return plain, (function.__self__,)
        case staticmethod():
            return target_of(kind, function.__func__)
        case classmethod():
            raise SignatureError(f"{kind}: write @classmethod above the derivative, not below")
        case functools.partial():
            why = "a functools.partial has no source of its own"
            hint = "write the call out, in a lambda or a def"
        case type():
            why = f"{function.__qualname__} is a class"
            hint = "give a function that makes and uses an instance"
        case _ if callable(function):
            name = getattr(function, "__qualname__", None)
            why = f"{name or type(function).__qualname__} has no Python source"
            hint = f"wrap it in a lambda or a def: {kind}(lambda x: {name or '...'}(x))"
            if hasattr(function, "__wrapped__"):
                hint = f"give the function inside, {name}.__wrapped__"
        case _:
            why = f"the function comes first, not {function!r}"
            written = {
                "jvp": "jvp(f, (x,), (x_dot,))",
                "vjp": "vjp(f, x)",
                "hvp": "hvp(f, (x,), (v,))",
            }
            hint = f"write {written.get(kind, f'{kind}(f)(x)')} to differentiate f at x"
    raise SignatureError(f"{kind} takes a Python function: {why}", hint)


def is_in_class_body(function: FunctionType) -> bool:
    """Whether a function was defined in a class body, and so may turn out to be a method."""
    outside = function.__qualname__.rpartition(".")[0]
    return outside != "" and not outside.endswith("<locals>")


def is_method_of(function: FunctionType, owner: type) -> bool:
    """Whether a function was defined in the body of this class."""
    return function.__qualname__.rpartition(".")[0] == owner.__qualname__


def _begins(specialisation: Specialisation, bound: tuple[object, ...]) -> bool:
    arguments = specialisation.arguments.values()
    return all(
        key_of_described(described) == key_of(value, variable=False)
        for described, value in zip(arguments, bound, strict=False)
    )
