"""The polynomial with coefficients 1 / (1 + i + j) in x and y, by nested Horner."""

WRT = ("x", "y")

EXAMPLES = [
    (0.5, -0.3, 6),
    (1.2, 0.9, 10),
    (-0.7, 1.1, 3),
    (2.0, 3.0, 1),
    (2.0, 3.0, 0),
]


def horner(x: float, y: float, n: int) -> float:
    p = 0.0
    for i in range(n):
        row = 0.0
        for j in range(i + 1):
            row = row * y + 1.0 / (1 + i + j)
        p = p * x + row
    return p


def horner_grad(x: float, y: float, n: int) -> tuple[float, float]:
    p = 0.0
    p_saved = []
    rows_saved = []
    for i in range(n):
        row = 0.0
        row_saved = []
        for j in range(i + 1):
            row_saved.append(row)
            row = row * y + 1.0 / (1 + i + j)
        rows_saved.append(row_saved)
        p_saved.append(p)
        p = p * x + row

    p_bar = 1.0
    x_bar, y_bar = 0.0, 0.0
    for p, row_saved in zip(reversed(p_saved), reversed(rows_saved), strict=True):
        # p = p * x + row
        x_bar += p_bar * p
        row_bar = p_bar
        p_bar *= x
        for row in reversed(row_saved):
            # row = row * y + 1.0 / (1 + i + j)
            y_bar += row_bar * row
            row_bar *= y
    return x_bar, y_bar
