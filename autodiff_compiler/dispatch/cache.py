"""Specialisations: one compilation per signature, made once, and again when it went stale."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING

from autodiff_compiler.dispatch.annotations import variable_tuples
from autodiff_compiler.dispatch.arguments import (
    describe,
    is_small,
    key_of,
    key_of_described,
    value_key,
)
from autodiff_compiler.dispatch.calls import Fast, holds, positional
from autodiff_compiler.dispatch.compiler import Arguments, Described, Known, Steps, compile_for
from autodiff_compiler.dispatch.parameters import Parameter, defaults_of, parameters_of
from autodiff_compiler.errors import SignatureError, StaticWanted

if TYPE_CHECKING:
    from autodiff_compiler.frontend import Guard
    from autodiff_compiler.pipeline import Compiled

# One lock for all: the interpreter runs one thread at a time anyway, and nothing inside can wait
# for another compilation.
COMPILING = threading.RLock()
# A static argument is part of its signature, so a new object at every call makes a new signature.
LIMIT = 256
FAST = 4


@dataclass(frozen=True, eq=False)
class Specialisation:
    """A function compiled for one signature, and what that relied on."""

    key: Hashable
    steps: Steps
    arguments: Arguments
    compiled: Compiled
    target: Callable[..., object]  # takes every parameter by position
    guards: tuple[Guard, ...]

    @property
    def is_current(self) -> bool:
        return all(map(holds, self.guards))


class Dispatcher:
    """The specialisations of one function.

    `differentiate(active)` says what to do, given which argument positions are active.
    """

    def __init__(
        self,
        function: FunctionType,
        differentiate: Callable[[tuple[int, ...]], Steps],
    ) -> None:
        self.function = function
        self.code = function.__code__
        self.parameters = parameters_of(self.code)
        self._names = tuple(parameter.name for parameter in self.parameters)
        self.compilations = 0
        self.static: frozenset[str] = frozenset()  # the parameters whose values the code needs
        self._differentiate = differentiate
        self._made: dict[Hashable, Specialisation] = {}

    @functools.cached_property
    def variable(self) -> frozenset[str]:
        """Parameters annotated as tuples of any length; their types may be defined later."""
        return variable_tuples(self.function)

    def made(self, active: tuple[int, ...], values: Sequence[object]) -> Specialisation | None:
        """The specialisation for these argument values, if there is one that is current."""
        return self._current(self._key(active, values))

    def specialise(self, active: tuple[int, ...], values: Sequence[object]) -> Specialisation:
        """The specialisation for these argument values, one per parameter, in order."""
        found = self.made(active, values)
        if found is not None:
            return found
        steps = self._differentiate(active)
        given = dict(zip(self._names, values, strict=True))
        while True:
            key = self._key(active, values)
            arguments = {
                parameter.name: self._describe(parameter, given[parameter.name])
                for parameter in self.parameters
            }
            try:
                return self._compile(key, steps, arguments)
            except StaticWanted as wanted:
                if not self._make_static(wanted.names, steps, given):
                    raise

    def declared(self, active: tuple[int, ...], arguments: Arguments) -> Specialisation:
        """The specialisation for arguments known by type only.

        What the code needs to know by value is taken from the parameters' defaults.
        """
        found = self._current((active, *map(key_of_described, arguments.values())))
        if found is not None:
            return found
        steps = self._differentiate(active)
        while True:
            defaults = defaults_of(self.function, self.parameters)
            arguments = {
                name: Known(defaults[name])
                if name in self.static and name in defaults and is_small(defaults[name])
                else described
                for name, described in arguments.items()
            }
            key = (active, *map(key_of_described, arguments.values()))
            try:
                return self._compile(key, steps, arguments)
            except StaticWanted as wanted:
                if not self._make_static(wanted.names, steps, defaults):
                    raise

    def renewed(self, specialisation: Specialisation) -> Specialisation:
        """The specialisation, compiled anew if something it relied on has changed."""
        if specialisation.is_current:
            return specialisation
        return self._compile(specialisation.key, specialisation.steps, specialisation.arguments)

    def fast(self) -> list[Fast]:
        """The latest signatures, for the call function to recognise at a glance."""
        with COMPILING:
            latest = list(self._made.values())[: -FAST - 1 : -1]
        return [
            Fast(tuple(each.arguments.values()), each.guards, each.target, each) for each in latest
        ]

    def _current(self, key: Hashable) -> Specialisation | None:
        found = self._made.get(key)
        return found if found is not None and found.is_current else None

    def _key(self, active: tuple[int, ...], values: Sequence[object]) -> Hashable:
        # Which arguments are one object will be a part of it where the function writes into them.
        variable, static = self.variable, self.static
        return (
            active,
            *[
                value_key(value)
                if name in static and is_small(value)
                else key_of(value, name in variable)
                for name, value in zip(self._names, values, strict=True)
            ],
        )

    def _make_static(
        self, names: frozenset[str], steps: Steps, given: Mapping[str, object]
    ) -> bool:
        """Make the values of parameters part of the signature; say whether that can be done.

        It can for ints and bools that nothing is differentiated by.
        """
        active = {
            self._names[place]
            for step in steps
            for place in step.argnums
            if place < len(self._names)
        }
        possible = all(
            name in given and name not in active and is_small(given[name]) for name in names
        )
        if not possible or names <= self.static:
            return False
        self.static |= names
        return True

    def _describe(self, parameter: Parameter, value: object) -> Described:
        if parameter.is_variadic:
            return Known(value)  # refused by whoever reads the function, with its place
        name = parameter.name
        if name in self.static and is_small(value):
            return Known(value)
        label = f"argument {name!r} of {self.function.__qualname__}"
        return describe(label, value, name in self.variable, path=name)

    def _compile(self, key: Hashable, steps: Steps, arguments: Arguments) -> Specialisation:
        with COMPILING:
            found = self._made.get(key)
            if found is not None and found.is_current:  # made while this thread waited
                return found
            function = self.function
            if parameters_of(function.__code__) != self.parameters:
                raise SignatureError(
                    f"the parameters of {function.__qualname__} have changed since it was "
                    "differentiated; differentiate it anew"
                )
            compiled, guards = compile_for(function, steps, arguments)
            for parameter in self.parameters:
                if parameter.is_variadic:
                    raise SignatureError(
                        f"{function.__qualname__} takes any number of arguments as "
                        f"{parameter.name!r}, which is not supported"
                    )
            target = positional(compiled.callable)
            made = Specialisation(key, steps, arguments, compiled, target, guards)
            self._made.pop(key, None)  # so that it comes last
            self._made[key] = made
            while len(self._made) > LIMIT:
                del self._made[next(iter(self._made))]
            self.compilations += 1
            return made
