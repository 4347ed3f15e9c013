"""Whoever follows a hint gets a derivative: the cases, rewritten as their reports say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from autodiff_compiler import grad
from tests.errors.test_messages import HERE, arguments_of, read

X = 1.5  # where derivatives are taken
Edits = tuple[tuple[str, str], ...]

# case, the part of its hint that is followed, what is rewritten, the derivative then
FOLLOWED: list[tuple[str, str, Edits, float]] = [
    ("async_function", "write def instead of async def", (("async def", "def"),), 2 * X),
    (
        "attribute_write",
        "a variable of its own, such as scale",
        (("g.scale", "scale"), ("g(x)", "g(x) * scale")),
        6 * X,
    ),
    ("bitwise_xor_for_power", "write x ** 2", (("x ^ 2", "x ** 2"),), 2 * X),
    (
        "break_in_for",
        "while k < 10 and not x > 100.0:",
        (
            ("for _ in range(10):", "k = 0\n    while k < 10 and not x > 100.0:"),
            ("        if x > 100.0:\n            break\n", "        k += 1\n"),
        ),
        16 * X**15,
    ),
    ("call_of_a_float", "write y * (x + 1.0)", (("y(x + 1.0)", "y * (x + 1.0)"),), 4 * X + 2),
    (
        "class_definition",
        "define class Pair outside of f",
        (
            ("    class Pair:\n        left = 1.0\n", ""),
            ("def f", "class Pair:\n    left = 1.0\n\n\ndef f"),
        ),
        1.0,
    ),
    (
        "comparison_of_functions",
        "keep a string that says which function it is",
        (("g = math.sin", 'g, name = math.sin, "sin"'), ("g == math.cos", 'name == "cos"')),
        math.cos(X),
    ),
    (
        "continue_in_for",
        "under if not k % 3 == 0:",
        (
            ("if k % 3 == 0:\n            continue", "if not k % 3 == 0:"),
            ("        total +=", "            total +="),
        ),
        27.0,
    ),
    ("delete_name", "leave it out", (("    del y\n", ""),), 2 * X + 1),
    ("float_method", "write x % 1 == 0", (("x.is_integer()", "x % 1 == 0"),), 2 * X),
    (
        "function_chosen_by_branch",
        "call each function where it is chosen, and keep the result",
        (("math.sin", "math.sin(x)"), ("math.cos", "math.cos(x)"), ("g(x)", "g")),
        math.cos(X),
    ),
    ("getattr_call", "math.sin", (("getattr(math, name)", "math.sin"),), math.cos(X)),
    ("global_list_written", "history_0", (("history[0]", "history_0"),), 2 * X),
    (
        "global_write",
        "write where f is called",
        (("    global calls\n    calls += 1\n", ""),),
        2 * X,
    ),
    ("identity_of_floats", "x == y", (("x is y", "x == y"),), 1.0),
    (
        "import_inside",
        "move import math to the top",
        (("    import math\n", ""), ("def f", "import math\n\n\ndef f")),
        math.cos(X),
    ),
    (
        "loop_else",
        "put its statements after the loop",
        (("    else:\n    ", ""),),
        8 * X**7,
    ),
    (
        "map_call",
        "for each in (x, 2.0 * x): ... math.sin(each)",
        (
            (
                "return sum(map(math.sin, (x, 2.0 * x)))",
                "total = 0.0\n    for each in (x, 2.0 * x):\n        total += math.sin(each)\n"
                "    return total",
            ),
        ),
        math.cos(X) + 2 * math.cos(2 * X),
    ),
    (
        "dict_write",
        'weights = {"a": ..., "b": weights["b"]}',
        (('weights["a"] = x * x', 'weights = {"a": x * x, "b": weights["b"]}'),),
        2 * X,
    ),
    (
        "record_field_written",
        "point = Point(u=..., v=point.v)",
        (("point.u = x * x", "point = Point(u=x * x, v=point.v)"),),
        2 * X,
    ),
    (
        "subscript_assignment",
        "terms = np.array(terms)",
        (
            ("def f", "import numpy as np\n\n\ndef f"),
            ("    terms[0]", "    terms = np.array(terms)\n    terms[0]"),
        ),
        2.0,
    ),
    (
        "match_statement",
        "use if and elif: if kind == 0:",
        (("    match kind:\n", ""), ("    case 0:", "if kind == 0:"), ("    case _:", "else:")),
        2 * X,
    ),
    ("math_too_many_arguments", "write math.sin(x)", (("(x, 2.0)", "(x)"),), math.cos(X)),
    ("math_unknown_name", "math.sin?", (("math.sine", "math.sin"),), math.cos(X)),
    ("matrix_product", "write x * y", (("x @ y", "x * y"),), X),
    ("name_misspelt", "did you mean total?", (("totl", "total"),), 3.0),
    ("numpy_unknown_keyword", "assign the result", ((", out=y", ""),), math.cos(X)),
    (
        "nonlocal_write",
        "return the new value, and write total = add(...)",
        (
            ("nonlocal total\n        total =", "return"),
            ("    add(x)\n", "    total = add(x)\n"),
            ("    add(x * x)\n", "    total = add(x * x)\n"),
        ),
        1 + 2 * X,
    ),
    (
        "return_missing_on_a_path",
        "end every path with a return",
        (("x * x", "x * x\n    return x"),),
        2 * X,
    ),
    ("star_args", "take one list instead", (("*rest: float", "rest: list[float]"),), 6.0),
    ("undefined_name", "make it a parameter", (("x: float", "x: float, factor: float"),), X),
    (
        "walrus",
        "write y = x * x on a line of its own",
        (("if (y := x * x) > 1.0", "y = x * x\n    if y > 1.0"),),
        2 * X,
    ),
]


@pytest.mark.parametrize(
    ("case", "hint", "edits", "derivative"), FOLLOWED, ids=[case for case, *_ in FOLLOWED]
)
def test_following_the_hint_works(
    case: str, hint: str, edits: Edits, derivative: float, tmp_path: Path
) -> None:
    report = (HERE / "goldens" / f"{case}.txt").read_text(encoding="utf-8")
    hints = [line for line in report.splitlines() if line.startswith("  hint: ")]
    assert any(hint in line for line in hints)
    text = (HERE / "cases" / f"{case}.py").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / f"{case}.py"
    file.write_text(text, encoding="utf-8")
    function = read(file)
    gradient = grad(function)(*arguments_of(function))
    assert gradient == pytest.approx(derivative, rel=1e-14)
    assert grad(function, mode="forward")(*arguments_of(function)) == pytest.approx(gradient)
