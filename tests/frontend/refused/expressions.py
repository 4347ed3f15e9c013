# ruff: noqa: F841


def f(x: float, s: str, p: tuple[float, float], q: list[float]) -> float:
    a = (x ^ 1) + (x @ x) + (x << 1) + ~x
    b = {x: 1}, {x}, [v for v in q], (v for v in q), {v: v for v in q}
    c = (y := x) + y
    d = "a" + s, s * 2, -s, s % 2, s < "b", s[0]
    e = p + p, p * 2, -p, p < p, p == p, x < p
    g = x is s, x is y, x in p, s in p, x == 1j
    h = p[2], p[x], q[1:], q[x], q["a"], x[0], None + 1
    i = x.real, q.append(x), q.count, p.index(x), s.upper(), (lambda: 1).name
    j = f"{x:{s}}", f"{x:.{2}f}", b"bytes", ..., 1j
    k = [*q]
    if s and p and q and f"{x}":
        return 0.0
    return f
