"""What `jvp` and `vjp` return for a function alone: its derivative as a linear map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autodiff_compiler.api.core import Core
from autodiff_compiler.api.keeping import own
from autodiff_compiler.api.lowered import Lowered
from autodiff_compiler.api.structures import conform, outline, unit
from autodiff_compiler.api.transformed import Transformed
from autodiff_compiler.dispatch.active import differentiable, is_active
from autodiff_compiler.dispatch.cache import Specialisation
from autodiff_compiler.errors import SignatureError

Values = tuple[object, ...]


class ForwardMap(Transformed):
    """`jvp(f)`: called with primals, tangents and keywords; returns value and tangent."""

    __slots__ = ()

    def __call__(
        self, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
    ) -> tuple[Any, Any]:
        """The value at `primals`, and its derivative in the direction of `tangents`.

        Both are tuples with one entry per positional argument; a tangent is structured as its
        primal. Keyword arguments go to the function and are not differentiated.
        """
        values, active = entered(self._core, self._bound, _several("primals", primals), kwargs)
        directions = self._directions(values, active, primals, tangents)
        found = self._core.dispatcher.specialise(active, values)
        self._core.last[0] = found
        pair = found.target(*values, *directions)
        assert isinstance(pair, tuple)
        return pair

    def lower(
        self, primals: Sequence[Any], tangents: Sequence[Any] | None = None, **kwargs: Any
    ) -> Lowered:
        """What is compiled for these arguments; tangents matter to `.cost` only, and only by
        what they make the function do."""
        values, active = entered(self._core, self._bound, _several("primals", primals), kwargs)
        found = self._core.dispatcher.specialise(active, values)
        if tangents is None:
            return Lowered(found, values, tuple(unit(values[place]) for place in active))
        return Lowered(found, values, self._directions(values, active, primals, tangents))

    def _directions(
        self, values: Values, active: tuple[int, ...], primals: Sequence[Any], tangents: Any
    ) -> Values:
        """The tangents of the active arguments, checked against their primals."""
        given = _several("tangents", tangents)
        if len(given) != len(primals):
            raise SignatureError(
                f"{self._described()}: {len(primals)} primals need as many tangents, "
                f"not {len(given)}"
            )
        skipped = len(self._bound)
        found = []
        for place, tangent in enumerate(given, start=skipped):
            like = values[place] if place in active else primals[place - skipped]
            label = f"tangent {place - skipped}"
            tangent = fitting(self._described, label, tangent, like)
            if place in active:
                found.append(tangent)
        return tuple(found)


class HessianMap(ForwardMap):
    """`hvp(f)`: called with primals, tangents and keywords; returns the Hessian times a vector."""

    __slots__ = ()

    def __call__(self, primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any) -> Any:
        """The derivative of the gradient at `primals` in the direction of `tangents`.

        Structured as the primal if that is the only one, else a tuple with one entry per primal,
        None for those that are not differentiated.
        """
        values, active = entered(self._core, self._bound, _several("primals", primals), kwargs)
        directions = self._directions(values, active, primals, tangents)
        found = self._core.dispatcher.specialise(active, values)
        self._core.last[0] = found
        product = found.target(*values, *directions)
        if len(primals) == 1:
            return product
        several = product if len(active) > 1 else (product,)
        assert isinstance(several, tuple)
        each = dict(zip(active, several, strict=True))
        return tuple(map(each.get, range(len(self._bound), len(self._bound) + len(primals))))


class ReverseMap(Transformed):
    """`vjp(f)`: called with the function's arguments; returns value and pullback."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Any, Pullback]:
        """The value, and a function from its cotangent to one cotangent per positional argument.

        Keyword arguments are not differentiated.
        """
        values, found, active = self._specialised(args, kwargs)
        self._core.last[0] = found
        pair = found.target(*values)
        assert isinstance(pair, tuple)
        value, pullback = pair
        own(pullback, (*values, value))
        skipped = len(self._bound)
        places = tuple(place - skipped for place in active)
        return value, Pullback(self._described(), pullback, value, places, len(args))

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """What is compiled for these arguments: graphs, source, costs. Nothing is called."""
        values, found, _ = self._specialised(args, kwargs)
        return Lowered(found, values)

    def _specialised(
        self, args: Values, kwargs: dict[str, Any]
    ) -> tuple[Values, Specialisation, tuple[int, ...]]:
        values, active = entered(self._core, self._bound, args, kwargs)
        return values, self._core.dispatcher.specialise(active, values), active


class Pullback:
    """The transposed derivative at a point: from the value's cotangent to the arguments'.

    Called with a cotangent structured as the value; returns a tuple with one cotangent per
    positional argument, None for those that are not differentiated. May be called again.
    """

    __slots__ = ("_count", "_of", "_places", "_pullback", "_shape")

    def __init__(
        self,
        of: str,
        pullback: Callable[[object], tuple[object, ...]],
        value: object,
        places: tuple[int, ...],
        count: int,
    ) -> None:
        self._of = of
        self._pullback = pullback
        self._shape = outline(value)
        self._places = places
        self._count = count

    def __call__(self, cotangent: Any, /) -> tuple[Any, ...]:
        found = self._pullback(fitting(lambda: self._of, "the cotangent", cotangent, self._shape))
        if len(found) == self._count:
            return found
        each = dict(zip(self._places, found, strict=True))
        return tuple(map(each.get, range(self._count)))

    def __repr__(self) -> str:
        return f"<pullback of {self._of}>"


def fitting(of: Callable[[], str], label: str, given: object, like: object) -> object:
    """`conform`, with errors that say whose tangent or cotangent it is."""
    try:
        return conform(label, given, like)
    except SignatureError as error:
        raise SignatureError(f"{of()}: {error.message}", error.hint) from None


def entered(
    core: Core, bound: Values, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Values, tuple[int, ...]]:
    """The arguments in order, and the places of the positional ones that hold floats.

    An int among the items of a list or tuple that holds floats becomes one.
    """
    values = core.entered(core.bind(*bound, *args, **kwargs))
    given = (*bound, *args)
    variadic = any(parameter.is_variadic for parameter in core.parameters)  # refused later
    places = () if variadic else range(len(bound), len(given))
    active = tuple(place for place in places if is_active(given[place]))
    if not active and not variadic:
        raise SignatureError(
            f"{core.requests[-1].kind}: none of the positional arguments of "
            f"{core.function.__qualname__} holds a float, so there is nothing to differentiate"
        )
    changed = list(values)
    for place in active:
        changed[place] = differentiable(core.label(place), changed[place])
    return tuple(changed), active


def _several(what: str, given: object) -> Sequence[Any]:
    if isinstance(given, tuple | list):
        return given
    raise SignatureError(
        f"jvp: {what} is a tuple with one entry per positional argument; for a single one "
        f"write ({'x' if what == 'primals' else 'x_dot'},)"
    )
