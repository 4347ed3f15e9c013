"""Dynamic programs, recurrences and matrix arithmetic in tables made of lists."""

import math

import numpy as np

from tests.written.program import Program


def soft_minimum(a, b, c, temperature):
    """A smooth minimum of three values."""
    low = min(a, b, c)
    return low - temperature * math.log(
        math.exp(-(a - low) / temperature)
        + math.exp(-(b - low) / temperature)
        + math.exp(-(c - low) / temperature)
    )


def time_warping(first, second, temperature):
    """The soft dynamic time warping distance of two series in a table of lists."""
    n, m = len(first), len(second)
    big = 1e3
    table = [[big] * (m + 1) for _ in range(n + 1)]
    table[0][0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (first[i - 1] - second[j - 1]) ** 2
            table[i][j] = cost + soft_minimum(
                table[i - 1][j], table[i][j - 1], table[i - 1][j - 1], temperature
            )
    return table[n][m]


def edit_distance(source, target, costs):
    """The weighted edit distance of two strings with costs of the three operations."""
    insert, delete, change = costs
    n, m = len(source), len(target)
    table = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        table[i][0] = table[i - 1][0] + delete
    for j in range(1, m + 1):
        table[0][j] = table[0][j - 1] + insert
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            if source[i - 1] == target[j - 1]:
                table[i][j] = table[i - 1][j - 1]
            else:
                table[i][j] = min(
                    table[i - 1][j] + delete,
                    table[i][j - 1] + insert,
                    table[i - 1][j - 1] + change,
                )
    return table[n][m]


def soft_knapsack(values, sizes, capacity):
    """The log of the total weight of fillings of a knapsack, a soft best value."""
    weight = [0.0] * (capacity + 1)
    weight[0] = 1.0
    for value, size in zip(values, sizes):
        for room in range(capacity, size - 1, -1):
            weight[room] += weight[room - size] * math.exp(value)
    return math.log(sum(weight))


def best_knapsack(values, sizes, capacity):
    """The best value of a knapsack, one row of the table at a time."""
    best = [0.0] * (capacity + 1)
    for value, size in zip(values, sizes):
        row = best[:]
        for room in range(size, capacity + 1):
            row[room] = max(best[room], best[room - size] + value)
        best = row
    return best[-1] ** 2


def gauss_solve(matrix, rhs):
    """The norm of the solution of a system in lists of rows with partial pivoting."""
    n = len(rhs)
    a = [row[:] for row in matrix]
    b = rhs[:]
    for k in range(n):
        pivot = max(range(k, n), key=lambda r: abs(a[r][k]))
        if pivot != k:
            a[k], a[pivot] = a[pivot], a[k]
            b[k], b[pivot] = b[pivot], b[k]
        for i in range(k + 1, n):
            factor = a[i][k] / a[k][k]
            for j in range(k, n):
                a[i][j] -= factor * a[k][j]
            b[i] -= factor * b[k]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (b[i] - sum(a[i][j] * x[j] for j in range(i + 1, n))) / a[i][i]
    return math.sqrt(sum(xi**2 for xi in x))


def determinant_by_swaps(matrix):
    """A determinant by elimination on lists with row swaps and a sign."""
    rows = [list(r) for r in matrix]
    n = len(rows)
    sign = 1.0
    det = 1.0
    for k in range(n):
        if abs(rows[k][k]) < 0.3:
            for r in range(k + 1, n):
                if abs(rows[r][k]) >= 0.3:
                    rows[k], rows[r] = rows[r], rows[k]
                    sign = -sign
                    break
        det *= rows[k][k]
        for r in range(k + 1, n):
            f = rows[r][k] / rows[k][k]
            rows[r] = [x - f * y for x, y in zip(rows[r], rows[k])]
    return sign * det


def binomial_american_put(spot, strike, sigma, rate):
    """The price of an American put on a binomial tree kept in one list."""
    steps = 5
    dt = 1.0 / steps
    up = math.exp(sigma * math.sqrt(dt))
    down = 1.0 / up
    p = (math.exp(rate * dt) - down) / (up - down)
    discount = math.exp(-rate * dt)
    values = [max(strike - spot * up**j * down ** (steps - j), 0.0) for j in range(steps + 1)]
    for level in range(steps - 1, -1, -1):
        for j in range(level + 1):
            hold = discount * (p * values[j + 1] + (1.0 - p) * values[j])
            exercise = strike - spot * up**j * down ** (level - j)
            values[j] = max(hold, exercise)
    return values[0]


def trinomial_tree(spot, sigma):
    """The price of a digital-like smooth payoff on a trinomial tree in a list of lists."""
    depth = 4
    tree = [[0.0] * (2 * level + 1) for level in range(depth + 1)]
    move = sigma * math.sqrt(1.5)
    for k in range(2 * depth + 1):
        price = spot * math.exp((k - depth) * move)
        tree[depth][k] = 1.0 / (1.0 + math.exp(-3.0 * (price - 1.0)))
    for level in range(depth - 1, -1, -1):
        for k in range(2 * level + 1):
            below, same, above = tree[level + 1][k : k + 3]
            tree[level][k] = 0.98 * (0.33 * below + 0.34 * same + 0.33 * above)
    return tree[0][0]


def shortest_paths(weights):
    """The sum of all shortest paths of a small graph by Floyd and Warshall on lists."""
    n = len(weights)
    dist = [[weights[i][j] for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if len({i, j, k}) == 3 and dist[i][k] + dist[k][j] < dist[i][j]:
                    dist[i][j] = dist[i][k] + dist[k][j]
    return sum(dist[i][j] ** 2 for i in range(n) for j in range(n) if i != j)


def pascal_with_decay(p, q):
    """A lattice path sum with decaying steps in a table of lists."""
    size = 5
    table = [[0.0] * size for _ in range(size)]
    table[0] = [q**j for j in range(size)]
    for i in range(1, size):
        table[i][0] = p * table[i - 1][0]
        for j in range(1, size):
            table[i][j] = p * table[i - 1][j] + q * table[i][j - 1]
    return sum(table[-1]) + sum(row[-1] for row in table)


def seam_energy(image):
    """The smallest energy of a vertical seam through an image given as an array."""
    height, width = image.shape
    cost = [image[0, j] ** 2 for j in range(width)]
    for i in range(1, height):
        new = [0.0] * width
        for j in range(width):
            best = cost[j]
            if j > 0 and cost[j - 1] < best:
                best = cost[j - 1]
            if j < width - 1 and cost[j + 1] < best:
                best = cost[j + 1]
            new[j] = image[i, j] ** 2 + best
        cost = new
    return min(cost)


def matrix_power_trace(rows, power):
    """The trace of a matrix power by repeated squaring of lists of lists."""
    n = len(rows)

    def product(a, b):
        return [[sum(a[i][k] * b[k][j] for k in range(n)) for j in range(n)] for i in range(n)]

    result = [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    base = rows
    while power > 0:
        if power % 2 == 1:
            result = product(result, base)
        base = product(base, base)
        power //= 2
    return sum(result[i][i] for i in range(n))


def newton_divided_differences(xs, ys, at):
    """Newton's interpolating polynomial with divided differences in one list."""
    coefficients = list(ys)
    n = len(xs)
    for order in range(1, n):
        for i in range(n - 1, order - 1, -1):
            coefficients[i] = (coefficients[i] - coefficients[i - 1]) / (xs[i] - xs[i - order])
    value = coefficients[-1]
    for c, x in zip(coefficients[-2::-1], xs[-2::-1]):
        value = value * (at - x) + c
    return value


def prefix_table_sums(grid):
    """The energy of all two by two blocks from a table of prefix sums of an array."""
    n, m = grid.shape
    prefix = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n):
        for j in range(m):
            prefix[i + 1][j + 1] = grid[i][j] + prefix[i][j + 1] + prefix[i + 1][j] - prefix[i][j]
    total = 0.0
    for i in range(n - 1):
        for j in range(m - 1):
            block = prefix[i + 2][j + 2] - prefix[i][j + 2] - prefix[i + 2][j] + prefix[i][j]
            total += np.sin(block)
    return total


PROGRAMS = (
    Program(
        time_warping,
        lambda: ([0.1, 0.8, 0.4], [0.2, 0.5, 0.9, 0.3], 0.4),
        wrt=(0, 1, 2),
        features=("table of lists", "list multiplication", "list item assignment", "DTW"),
    ),
    Program(
        edit_distance,
        lambda: ("kitten", "sitting", (0.9, 1.1, 1.45)),
        wrt=(2,),
        features=("table of lists", "list multiplication", "strings", "min", "tuple parameter"),
    ),
    Program(
        soft_knapsack,
        lambda: ([0.5, 0.8, 0.3, 0.6], [1, 3, 2, 2], 5),
        features=("list multiplication", "list item +=", "zip", "soft DP"),
    ),
    Program(
        best_knapsack,
        lambda: ([0.5, 0.83, 0.31, 0.64], [1, 3, 2, 2], 5),
        features=("list multiplication", "list copy", "max"),
    ),
    Program(
        gauss_solve,
        lambda: ([[0.3, 1.0, 0.2], [1.5, 0.4, -0.3], [0.6, 0.5, 2.0]], [1.0, 0.5, -0.7]),
        wrt=(0, 1),
        features=("list of lists", "row swaps", "list item -=", "max with key", "lambda"),
    ),
    Program(
        determinant_by_swaps,
        lambda: ([[0.1, 1.0, 0.4], [1.2, 0.3, -0.5], [0.7, 0.6, 1.5]],),
        complex_step=True,
        features=("list of lists", "row swaps", "break", "row assignment"),
    ),
    Program(
        binomial_american_put,
        lambda: (1.0, 1.05, 0.3, 0.06),
        wrt=(0, 1, 2, 3),
        features=("binomial tree", "list item assignment", "max", "comprehension"),
    ),
    Program(
        trinomial_tree,
        lambda: (1.1, 0.2),
        wrt=(0, 1),
        features=("ragged list", "table of lists", "slicing lists", "unpacking"),
    ),
    Program(
        shortest_paths,
        lambda: (
            [
                [0.0, 0.4, 1.5, 2.0],
                [0.5, 0.0, 0.7, 1.9],
                [1.2, 0.8, 0.0, 0.3],
                [1.05, 2.1, 0.6, 0.0],
            ],
        ),
        features=("table of lists", "nested comprehension", "list item assignment"),
    ),
    Program(
        pascal_with_decay,
        lambda: (0.6, 0.5),
        wrt=(0, 1),
        complex_step=True,
        features=("table of lists", "list multiplication", "row assignment", "generator"),
    ),
    Program(
        seam_energy,
        lambda: (np.array([[0.4, 0.9, 0.2, 0.7], [0.8, 0.3, 0.65, 0.5], [0.6, 0.25, 0.95, 0.1]]),),
        complex_step=True,
        features=("list multiplication", "list rebinding", "min of list", "array items"),
    ),
    Program(
        matrix_power_trace,
        lambda: ([[0.6, 0.3], [0.2, 0.9]], 5),
        complex_step=True,
        features=("list of lists", "nested comprehension", "closure", "while"),
    ),
    Program(
        newton_divided_differences,
        lambda: ([0.0, 0.5, 1.1, 1.8], [0.3, 0.9, 0.4, 1.2], 0.8),
        wrt=(0, 1, 2),
        complex_step=True,
        features=("list copy", "list item assignment", "slicing lists"),
    ),
    Program(
        prefix_table_sums,
        lambda: (np.array([[0.1, 0.5, 0.3], [0.7, 0.2, 0.4], [0.6, 0.9, 0.8]]),),
        complex_step=True,
        features=("table of lists", "prefix sums", "array items", "chained indexing"),
    ),
)
