"""`jvp` and `vjp`: at once and as objects, structures, static arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autodiff_compiler import grad, jvp, vjp
from autodiff_compiler.errors import SignatureError


def f(x, y):
    return x * x * y


def pair(x, n):
    return x * n, [x, x * x], n


def mixed(x, n, flag, name, nothing):
    r = x**n
    return -r if flag and name == "minus" and nothing is None else r


def dot(ws, xs, *, scale=1.0):
    s = 0.0
    for w, x in zip(ws, xs):
        s += w * x
    return s * scale


def test_jvp_at_once_and_as_an_object() -> None:
    assert jvp(f, (3.0, 2.0), (1.0, 0.0)) == (18.0, 12.0)
    assert jvp(f, (3.0, 2.0), (1.0, 10.0)) == (18.0, 102.0)
    assert jvp(f, primals=(3.0, 2.0), tangents=(0.0, 1.0)) == (18.0, 9.0)
    sweep = jvp(f)
    assert sweep((3.0, 2.0), (1.0, 0.0)) == (18.0, 12.0)
    assert "def f_jvp" in sweep.source
    assert sweep.lower((3.0, 2.0), (1.0, 0.0)).source == sweep.source
    assert sweep.lower((3.0, 2.0)).source == sweep.source


def test_vjp_at_once_and_as_an_object() -> None:
    value, pullback = vjp(f, 3.0, 2.0)
    assert value == 18.0
    assert pullback(1.0) == (12.0, 9.0)
    assert pullback(2) == (24.0, 18.0)
    assert pullback(1.0) == (12.0, 9.0)
    assert repr(pullback) == "<pullback of vjp of f>"
    back = vjp(f)
    assert back(3.0, 2.0)[1](1.0) == (12.0, 9.0)
    assert "def f_vjp" in back.source
    assert back.lower(3.0, 2.0).source == back.source


def test_at_once_compiles_once() -> None:
    def g(x):
        return x * x

    jvp(g, (2.0,), (1.0,))
    vjp(g, 2.0)
    assert jvp(g) is jvp(g)
    assert vjp(g) is vjp(g)
    assert jvp(g)._core.dispatcher.compilations == 1
    assert vjp(g)._core.dispatcher.compilations == 1


def test_containers() -> None:
    ws, xs = [1.0, 2.0], (3.0, 4.0)
    assert jvp(dot, (ws, xs), ([1.0, 0.0], (0.0, 1.0))) == (11.0, 5.0)
    value, pullback = vjp(dot, ws, xs, scale=2.0)
    assert value == 22.0
    assert repr(pullback(1.0)) == "([6.0, 8.0], (2.0, 4.0))"
    assert repr(vjp(dot, [], [])[1](1.0)) == "([], [])"


def test_static_arguments() -> None:
    for tangents in [
        (1.0, None, None, None, None),
        (1.0, 0, False, None, None),
        (1.0, 0.0, 0, None, 0),
    ]:
        assert jvp(mixed, (3.0, 2, True, "minus", None), tangents) == (-9.0, -6.0)
    value, pullback = vjp(mixed, 3.0, 2, True, "plus", None)
    assert (value, pullback(1.0)) == (9.0, (6.0, None, None, None, None))


def test_keywords_are_not_differentiated() -> None:
    assert jvp(f, (3.0,), (1.0,), y=2.0) == (18.0, 12.0)
    value, pullback = vjp(f, 3.0, y=2.0)
    assert (value, pullback(1.0)) == (18.0, (12.0,))


def test_structured_values() -> None:
    value, tangent = jvp(pair, (3.0, 2), (1.0, None))
    assert value == (6.0, [3.0, 9.0], 2)
    assert tangent[:2] == (2.0, [1.0, 6.0])
    value, pullback = vjp(pair, 3.0, 2)
    assert value == (6.0, [3.0, 9.0], 2)
    for last in (None, 0, 0.0):
        assert pullback((1.0, [10.0, 100.0], last)) == (612.0, None)


@pytest.mark.parametrize(
    ("cotangent", "told"),
    [
        (1.0, "the cotangent must be a tuple, as the value it belongs to is one, not 1.0"),
        ((1.0, [1.0, 1.0]), "must have 3 items, as the value it belongs to, not 2"),
        ((1.0, (1.0, 1.0), None), "item 1 of the cotangent must be a list"),
        ((1.0, [1.0], None), "item 1 of the cotangent must have 2 items"),
        ((1.0, [1.0, "a"], None), "item 1 of item 1 of the cotangent must be a float.* not a str"),
        ((None, [1.0, 1.0], None), "item 0 of the cotangent must be a float.* not None"),
        ((True, [1.0, 1.0], None), "item 0 of the cotangent must be a float.* not True"),
        ((1.0, [1.0, 1.0], 1), "item 2 of the cotangent belongs to an int, which is not diff"),
    ],
)
def test_a_cotangent_is_structured_as_the_value(cotangent: Any, told: str) -> None:
    _, pullback = vjp(pair, 3.0, 2)
    with pytest.raises(SignatureError, match=told):
        pullback(cotangent)


def test_the_structure_is_that_of_the_value_as_it_was_returned() -> None:
    value, pullback = vjp(pair, 3.0, 2)
    value[1].append(5.0)
    assert pullback((1.0, [10.0, 100.0], None)) == (612.0, None)


@pytest.mark.parametrize(
    ("primals", "tangents", "told"),
    [
        (([1.0], [2.0]), ([1.0],), "2 primals need as many tangents, not 1"),
        (([1.0], [2.0]), ((1.0,), [1.0]), "tangent 0 must be a list.* not a tuple"),
        (([1.0], [2.0]), ([1.0], [1.0, 2.0]), "tangent 1 must have 1 items.* not 2"),
        (([1.0], [2.0]), ([1.0], None), "tangent 1 must be a list.* not None"),
        (([1.0], [2]), ([1.0], [1]), "tangent 1 belongs to a list, which is not differentiated"),
        ([1.0], 1.0, "tangents is a tuple with one entry per positional argument"),
        (1.0, (1.0,), "primals is a tuple with one entry per positional argument"),
    ],
)
def test_a_tangent_is_structured_as_its_primal(primals: Any, tangents: Any, told: str) -> None:
    target = dot if not isinstance(primals, list | float) else (lambda x: x)
    with pytest.raises(SignatureError, match=told):
        jvp(target, primals, tangents)


def test_wrong_calls_get_pythons_own_answer() -> None:
    with pytest.raises(TypeError, match=r"^f\(\) missing 1 required positional argument: 'y'$"):
        jvp(f, (1.0,), (1.0,))
    with pytest.raises(TypeError, match=r"^f\(\) takes 2 positional arguments but 3 were given$"):
        vjp(f, 1.0, 2.0, 3.0)
    with pytest.raises(TypeError, match="takes primals and tangents, or neither"):
        jvp(f, (1.0, 2.0))  # type: ignore[call-overload]


def test_nothing_to_differentiate() -> None:
    for call in (lambda: jvp(f, (1, 2), (0, 0)), lambda: vjp(f, 1, 2)):
        with pytest.raises(SignatureError, match="f holds a float, so there is nothing to"):
            call()


def test_ints_beside_floats_in_one_container_become_floats() -> None:
    value, pullback = vjp(dot, [1, 2.0], [3.0, 4])
    assert (value, pullback(1.0)) == (11.0, ([3.0, 4.0], [1.0, 2.0]))


def test_numpy_scalars() -> None:
    value, tangent = jvp(f, (np.float64(3.0), 2.0), (1, 0.0))
    assert (value, tangent) == (18.0, 12.0)
    assert type(value) is np.float64
    value, pullback = vjp(f, np.float64(3.0), 2.0)
    assert pullback(1.0) == (12.0, 9.0)


def test_unbound_self_is_static() -> None:
    class Model:
        def loss(self, w):
            return w * w

        @grad
        def slope(self, w):
            return w**3

    model = Model()
    assert jvp(Model.loss, (model, 3.0), (None, 1.0)) == (9.0, 6.0)
    assert vjp(Model.loss, model, 3.0)[1](1.0) == (None, 6.0)
    assert jvp(Model.slope, (model, 3.0), (None, 1.0)) == (27.0, pytest.approx(18.0))


def total_of_squares(xs: list[float]) -> float:
    total = 0.0
    for x in xs:
        total += x * x
    return total


def test_the_pullback_is_that_of_the_point_whatever_becomes_of_the_argument() -> None:
    xs = [1.0, 2.0]
    _, pullback = vjp(total_of_squares, xs)
    xs[0] = 100.0
    xs.append(5.0)
    assert pullback(1.0) == ([2.0, 4.0],)
    assert xs == [100.0, 2.0, 5.0]


def in_rows(rows: Any, scale: tuple[list[float], float]) -> tuple[list[float], float]:
    first = rows[0]
    total = 0.0
    for x in first:
        total += x * x * scale[0][0]
    return first, total * rows[1][0] * scale[1]


def test_the_text_of_a_pullback_keeps_its_own_lists() -> None:
    """Of lists inside others, and of those that the function has handed out again."""
    source = vjp(in_rows).lower([[1.0, 2.0], [3.0]], ([0.5], 2.0)).source
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    rows, scale = [[1.0, 2.0], [3.0]], ([0.5], 2.0)
    (first, _), pullback = namespace["in_rows_vjp"](rows, scale)
    assert first is rows[0]
    expected = pullback(([0.0, 0.0], 1.0))
    rows[0][:], rows[1][0], scale[0][0] = [7.0], 8.0, 9.0
    rows.clear()
    assert pullback(([0.0, 0.0], 1.0)) == expected
    assert expected == ([[6.0, 12.0], [5.0]], ([30.0], 7.5))


def read_by_the_primal_alone(x: float, ns: list[int]) -> float:
    return x * ns[0]


def test_nothing_is_copied_without_need() -> None:
    assert "list(" not in vjp(read_by_the_primal_alone).lower(1.0, [2]).source
