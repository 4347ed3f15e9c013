"""The text reads as if written by hand: goldens, and the details of layout, one by one."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np
import pytest

from autodiff_compiler.emit import text, write
from autodiff_compiler.errors import EmissionError
from autodiff_compiler.ir.builder import const
from autodiff_compiler.ir.types import FLOAT, INT
from autodiff_compiler.ir.values import Const, Function, If, Value
from tests.building import FLOATS, Write, floats, function, upto
from tests.emit.emitting import agree, at, body_of, value
from tests.emit.newton import newton_grad, newton_vjp

Golden = Callable[[str, str], None]


def test_newton_is_as_in_the_design(golden: Golden) -> None:
    agree(newton_grad(), [2.0], [0.3], [40.0])
    golden("emit/goldens/newton_grad.txt", write(newton_grad()).text)


def test_a_pullback_stands_in_the_function_that_returns_it(golden: Golden) -> None:
    golden("emit/goldens/newton_vjp.txt", write(newton_vjp()).text)


def test_a_statement_of_the_source_stays_one() -> None:
    x, y = floats("x", "y")
    build = Write(at(2, "u = x + y"))
    u = build("add", x, y, called="u")
    build.origin = at(3, "v = u * u - (x - y) / 2.0")
    v = build("sub", build("mul", u, u), build("div", build("sub", x, y), 2.0), called="v")
    build.origin = at(4, "return v")
    made = function(build, [x, y], v)
    assert body_of(made) == "u = x + y\nv = u * u - (x - y) / 2.0\nreturn v\n"
    agree(made, [1.5, 2.5])


def test_a_name_is_used_again_when_its_value_is_no_longer_needed() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    twice = build("mul", 2.0, x, called="x")
    more = build("add", twice, 1.0, called="x")
    assert body_of(function(build, [x], more)) == "x = 2.0 * x\nx = x + 1.0\nreturn x\n"


def test_a_name_whose_old_value_is_still_needed_gets_a_number() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    twice = build("mul", 2.0, x, called="x")
    made = function(build, [x], build("add", build("math.sin", twice), x))
    assert body_of(made) == "x_2 = 2.0 * x\nreturn math.sin(x_2) + x\n"
    agree(made, [0.5])


def test_augmented_assignment_as_in_the_source() -> None:
    (x,) = floats("x")
    build = Write(at(2, "x = x + 1.0"))
    one = build("add", x, 1.0, called="x")
    build.origin = at(3, "x -= 2.0")
    two = build("sub", one, 2.0, called="x")
    assert body_of(function(build, [x], two)) == "x = x + 1.0\nx -= 2.0\nreturn x\n"


def test_derivatives_accumulate_by_augmented_assignment() -> None:
    x_bar, y, u, v = floats("x_bar", "y", "u", "v")
    build = Write(at(2, "u = x * y", 1))
    first = build("add", x_bar, build("mul", u, v), called="x_bar")
    build.origin = at(3, "v = sin(x)", 1)
    second = build("mul", y, first, called="x_bar")
    build("print", second)
    made = function(build, [x_bar, y, u, v], second)
    expected = "# u = x * y\nx_bar += u * v\n# v = sin(x)\nx_bar *= y\nprint(x_bar)\nreturn x_bar\n"
    assert body_of(made) == expected


def test_a_sum_of_contributions_is_one_expression_within_a_statement() -> None:
    a, b, c = floats("a", "b", "c")
    build = Write(at(2, "y = x * x * 2.0", 1))
    first = build("mul", a, b, called="x_bar")
    second = build("add", first, build("mul", b, c), called="x_bar")
    build("print", second)
    body = body_of(function(build, [a, b, c], second))
    assert body.startswith("# y = x * x * 2.0\nx_bar = a * b + b * c\n")


def test_wide_expressions_are_parted_at_88_columns() -> None:
    names = [f"quite_a_long_name_{letter}" for letter in "abcdef"]
    values = floats(*names)
    build = Write(at(2))
    total = values[0]
    for each in values[1:]:
        total = build("add", total, each)
    made = function(build, values, build("neg", total))
    lines = write(made).text.split("\n")
    assert max(map(len, lines)) <= 88
    assert len(lines) > 6
    agree(made, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def test_a_long_header_is_wrapped_between_its_brackets() -> None:
    names = [f"a_rather_long_sequence_{letter}" for letter in "abcd"]
    sequences = [Value(FLOATS, name) for name in names]
    elements = floats("a", "b", "c", "d")
    body = Write(at(3))
    total = value("total")
    following = body("add", total, body("mul", elements[0], elements[1]), called="total")
    following = body("sub", following, body("mul", elements[2], elements[3]), called="total")
    build = Write(at(2))
    loop = build.loop(
        body,
        carry=[(0.0, total, following)],
        consume=list(zip(sequences, elements, strict=True)),
    )
    made = function(build, sequences, loop.finals[0])
    emitted = write(made).text
    assert max(map(len, emitted.split("\n"))) <= 88
    assert "    for a, b, c, d in zip(\n" in emitted
    agree(made, [[1.0, 2.0]] * 4)


def test_constants_with_a_name_are_bound_above_the_function() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    rate, pi = const(0.05, "RATE"), const(3.141592653589793, "math.pi")
    made = function(build, [x], build("mul", build("mul", rate, x), pi))
    assert write(made).text == (
        "import math\n\nRATE = 0.05\n\n\ndef f(x):\n    return RATE * x * math.pi\n"
    )


def test_two_constants_of_one_name_are_two() -> None:
    build = Write(at(2))
    made = function(build, [], build("sub", const(1.0, "RATE"), const(2.0, "RATE")))
    assert "RATE = 1.0\nRATE_2 = 2.0\n" in write(made).text
    agree(made, [])


@pytest.mark.parametrize(
    ("held", "literal"),
    [
        (-0.0, "-0.0"),
        (float("inf"), "math.inf"),
        (float("-inf"), "-math.inf"),
        (float("nan"), "math.nan"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (np.float64(-2.5), "np.float64(-2.5)"),
        (np.float64("inf"), "np.float64(math.inf)"),
        (np.int64(-3), "np.int64(-3)"),
        (np.True_, "np.bool(True)"),
        (True, "True"),
        (-7, "-7"),
        ('it\'s "so"\n', "'it\\'s \"so\"\\n'"),
        ("plain", '"plain"'),
        ((1.0, -2), "1.0, -2"),
        ((1.0,), "(1.0,)"),
        ([0.5], "[0.5]"),
    ],
)
def test_constants_are_written_exactly(held: object, literal: str) -> None:
    made = function(Write(), [], const(held))
    shown = body_of(made).removeprefix("return ").rstrip("\n")
    assert shown == literal
    agree(made, [])


def test_negative_numbers_as_operands() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    made = function(build, [x], build("sub", build("pow", -2.0, 2), build("neg", x)))
    assert body_of(made) == "return (-2.0) ** 2 - -x\n"
    agree(made, [3.0])


def test_signature_and_docstring() -> None:
    x, rate, steps = value("x"), value("rate"), Value(INT, "steps")
    made = Function(
        "f",
        (x, rate, steps),
        Write(at(3)).block(x),
        documentation='Ends in a "quote"\nand has two lines \\ "".',
        defaults={"rate": const(-0.5), "steps": const(3)},
        keyword_only=frozenset({"steps"}),
    )
    module = write(made, banner="A banner.").text
    assert module.startswith('"""A banner."""\n\n\ndef f(x, rate=-0.5, *, steps=3):\n')
    documentation = ast.get_docstring(ast.parse(module).body[1])  # type: ignore[arg-type]
    assert documentation == made.documentation


def test_defaults_before_parameters_without_go() -> None:
    x, y, x_dot = floats("x", "y", "x_dot")
    made = Function("f", (x, y, x_dot), Write().block(x_dot), defaults={"y": const(1.0)})
    assert write(made).text == "def f(x, y, x_dot):\n    return x_dot\n"


def test_lines_lead_back_to_the_source() -> None:
    emitted = write(newton_grad())
    lines = emitted.text.split("\n")
    found = {lines[line - 1].strip(): span.line for line, span in emitted.lines.items()}
    assert found["def newton_grad(a):"] == 2
    assert found["for _ in range(5):"] == 4
    assert found["x = 0.5 * (x + a / x)"] == 5
    assert found["a_bar += r"] == 5
    assert found["for x in reversed(x_saved):"] == 4


@pytest.mark.parametrize(
    ("written", "problem"),
    [("return 1.0", "tree it was written from"), ("return = 1", "does not parse")],
)
def test_the_text_is_read_back(monkeypatch: pytest.MonkeyPatch, written: str, problem: str) -> None:
    original = text.source_of

    def wrong(code: ast.stmt) -> str:
        return written if isinstance(code, ast.Return) else original(code)

    monkeypatch.setattr(text, "source_of", wrong)
    with pytest.raises(EmissionError, match=problem):
        write(function(Write(), [], const(2.0)))


def test_choices_are_expressions() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    one, two = Write(at(2)), Write(at(2))
    result = value("z")
    condition = build("lt", x, y)
    arms = one.result(one("mul", x, 2.0)), two.result(two("math.sqrt", y))
    build.add(If(condition, *arms, (result,), "ifexp", at(2)))
    made = function(build, [x, y], build("add", result, 1.0))
    assert body_of(made) == ("z = x * 2.0 if x < y else math.sqrt(y)\nreturn z + 1.0\n")
    agree(made, [1.0, 2.0], [2.0, 1.0])


def test_chained_comparisons_and_boolean_operations() -> None:
    x, y, z = floats("x", "y", "z")

    def both(build: Write, condition: Value, form: str, *comparison: object) -> Value:
        inner = Write(at(2))
        other = inner.result(inner(*comparison))  # type: ignore[arg-type]
        same = Write().result(condition)
        result = Value(condition.type)
        arms = (other, same) if form == "and" else (same, other)
        build.add(If(condition, *arms, (result,), form, at(2)))
        return result

    build = Write(at(2))
    chained = both(build, build("lt", x, y), "and", "le", y, z)
    whole = both(build, chained, "or", "gt", x, z)
    made = function(build, [x, y, z], whole)
    assert body_of(made) == "return x < y <= z or x > z\n"
    agree(made, [1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [2.0, 1.0, 2.0])


def test_what_may_raise_stays_though_nobody_reads_it() -> None:
    (x,) = floats("x")
    build = Write(at(2, "math.log(x)"))
    build("math.log", x)
    made = function(build, [x], x)
    assert body_of(made) == "math.log(x)  # may raise\nreturn x\n"


def test_effects_keep_their_order() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    log = build("math.log", x)
    build("print", y)
    root = build("math.sqrt", y)
    made = function(build, [x, y], build("sub", root, log))
    assert body_of(made) == "log_x = math.log(x)\nprint(y)\nreturn math.sqrt(y) - log_x\n"
    build = Write(at(2))
    log = build("math.log", x)
    root = build("math.sqrt", y)
    made = function(build, [x, y], build("sub", root, log))
    assert body_of(made) == "log_x = math.log(x)\nreturn math.sqrt(y) - log_x\n"
    made = function(build, [x, y], build("sub", log, root))
    assert body_of(made) == "return math.log(x) - math.sqrt(y)\n"


def test_an_effect_is_not_moved_into_an_arm_of_a_choice() -> None:
    x, y = floats("x", "y")
    build = Write(at(2))
    made = function(
        build, [x, y], build("select", build("lt", x, y), build("math.log", x), build("neg", y))
    )
    assert body_of(made) == "log_x = math.log(x)\nreturn log_x if x < y else -y\n"


def test_text_is_written_as_f_strings() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    template = ("{", ("r", ""), '} "it\'s" \n', ("", ".3f"))
    line = build("format", build("add", x, 1.0), x, template=template)
    build("print", line, sep=None, end="")
    made = function(build, [x], x)
    agree(made, [0.5])
    assert "print(f" in write(made).text


def test_unread_indices_and_elements_are_ignored() -> None:
    (x,) = floats("x")
    param = Value(FLOAT, "_")
    total = value("total")
    body = Write(at(3))
    following = body("add", total, param, called="total")
    build = Write(at(2))
    loop = build.loop(body, carry=[(x, total, following)], space=upto(3), index=Value(INT, "i"))
    made = function(build, [x, param], loop.finals[0])
    assert "for __ in range(3):" in write(made).text
    agree(made, [1.0, 2.0])


def test_the_same_ir_gives_the_same_text() -> None:
    texts = {write(newton_grad()).text for _ in range(5)}
    assert len(texts) == 1


def test_none_is_returned_where_there_is_nothing_else() -> None:
    (x,) = floats("x")
    build = Write(at(2))
    build("print", x)
    none = const(None)
    assert isinstance(none, Const)
    assert body_of(function(build, [x], none)) == "print(x)\nreturn None\n"
    always = Write(at(2))
    always("raise", "never", exception="ValueError")
    made = Function("f", (x,), always.block())
    made = Function("f", (x,), type(made.body)(made.body.nodes, None))
    assert body_of(made) == 'raise ValueError("never")\n'
